"""Reads manifests of live DASH, and records some of them without waiting; prints what came out."""

import io
import json
import os
import sys
import tempfile

sys.path.insert(0, sys.argv[1])

import live_dash  # noqa: E402
from live import Recording  # noqa: E402
from live_list import NotPlain  # noqa: E402

URL = 'http://site/live/manifest.mpd'
PICTURE = {'format_id': 'site-v2', 'vcodec': 'avc1', 'tbr': 900}
SOUND = {'format_id': 'a1', 'vcodec': 'none', 'acodec': 'mp4a', 'tbr': 64, 'language': 'de'}
# Sixty seconds after the begin of the presentation.
AT_SIXTY = {'Date': 'Sat, 28 Nov 2026 10:01:00 GMT'}
BEGUN = 'availabilityStartTime="2026-11-28T10:00:00Z" minimumUpdatePeriod="PT2S"'


class Answer(io.BytesIO):
    def __init__(self, body, url=URL, headers=AT_SIXTY):
        super().__init__(body)
        self.url = url
        self.status = 200
        self.headers = headers


class Gone(Exception):
    status = 404


def manifest(*periods, kind=f'type="dynamic" {BEGUN}', more=''):
    return f'<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" {kind}>{more}{"".join(periods)}</MPD>'


def period(template, start='PT0S', names=('v1', 'v2'), more=''):
    pictures = ''.join(f'<Representation id="{name}" bandwidth="900000" mimeType="video/mp4"/>' for name in names)
    return (
        f'<Period start="{start}">{more}<AdaptationSet>{template}{pictures}</AdaptationSet>'
        '<AdaptationSet mimeType="audio/mp4" lang="en"><SegmentTemplate media="en.m4s" duration="2"/>'
        '<Representation id="a0" bandwidth="64000"/></AdaptationSet>'
        '<AdaptationSet mimeType="audio/mp4" lang="de">'
        '<SegmentTemplate media="de-$Number$.m4s" duration="96000" timescale="48000" presentationTimeOffset="48000"/>'
        '<Representation id="a1" bandwidth="64000"/></AdaptationSet></Period>'
    )


def listed(rows, words='media="$RepresentationID$/$Number%03d$.m4s" initialization="$RepresentationID$.mp4" startNumber="7"'):
    return f'<SegmentTemplate timescale="10" {words}><SegmentTimeline>{rows}</SegmentTimeline></SegmentTemplate>'


def read(text, chosen=PICTURE, wanted=None, headers=AT_SIXTY):
    try:
        found = live_dash.Stream(chosen).read(text, Answer(b'', headers=headers), wanted)
    except (NotPlain, ValueError) as error:
        return type(error).__name__
    segments = [
        [segment.place.url.removeprefix('http://site/'), segment.number, segment.seconds] for segment in found.segments
    ]
    return {'segments': segments, 'hasEnded': found.has_ended, 'from': found.update_url}


def first_of(text, chosen=PICTURE):
    segment = live_dash.Stream(chosen).read(text, Answer(b''), None).segments[0]
    return [segment.init and segment.init.place.url, segment.shift, segment.is_guess]


def record(manifests, gone=()):
    """The numbers of the segments that are recorded, each one packet of MPEG-TS, and what is lost."""
    path = os.path.join(tempfile.mkdtemp(), 'media.ts.part')
    manifests, clock, gaps = list(manifests), [0.0], []

    def fetch(url, headers):
        clock[0] += 0.01
        if url.endswith('.mpd'):
            answer = manifests.pop(0) if len(manifests) > 1 else manifests[0]
            return Answer(answer.encode())
        number = int(url.rsplit('/', 1)[1].split('.')[0])
        if number in gone:
            raise Gone('HTTP Error 404')
        return Answer(b'\x47' + bytes([number]) * 187, headers={})

    def sleep(seconds):
        clock[0] += seconds

    recording = Recording(
        *(URL, lambda is_fragmented: path, fetch, None, lambda text: None, gaps.append, lambda: clock[0], sleep),
        read_list=live_dash.Stream(PICTURE).read,
    )
    recording.run()
    with open(path, 'rb') as file:
        written = file.read()
    return {'segments': list(written[1::188]), 'gaps': [[gap['at'], gap['count'], gap.get('seconds')] for gap in gaps]}


def in_ts(first, count, ended=False):
    template = listed(
        f'<S t="{first * 20}" d="20" r="{count - 1}"/>', f'media="$RepresentationID$/$Number$.ts" startNumber="{first}"'
    )
    return manifest(period(template), kind='type="static"' if ended else f'type="dynamic" {BEGUN}')


ROWS = '<S t="500" d="20" r="1"/><S d="25"/>'
BY_TIME = '<SegmentTemplate media="$RepresentationID$/$Number$.m4s" duration="2" startNumber="1"/>'
ENTITIES = '<!DOCTYPE MPD [<!ENTITY a "b">]>'
print(
    json.dumps(
        {
            'listed': read(manifest(period(listed(ROWS)))),
            'byTicks': read(manifest(period(listed(ROWS, 'media="$Bandwidth$-$Time$.m4s"')))),
            'open': read(manifest(period(listed('<S t="500" d="20" r="-1"/>')))),
            'elsewhere': read(
                manifest(
                    period(listed(ROWS), more='<BaseURL>b/</BaseURL>'),
                    more='<BaseURL>//cdn/a/</BaseURL><Location>new.mpd</Location>',
                )
            ),
            'computed': read(manifest(period(BY_TIME)), wanted=52_000),
            'computedSound': read(manifest(period(BY_TIME)), SOUND, 56_000),
            'behindTheWindow': read(
                manifest(period(BY_TIME), kind=f'type="dynamic" timeShiftBufferDepth="PT6S" {BEGUN}'), wanted=10_000
            ),
            'oldAnswer': read(manifest(period(BY_TIME)), wanted=56_000, headers={**AT_SIXTY, 'Age': '4'}),
            'periods': read(
                manifest(period(BY_TIME), period(listed('<S t="0" d="20"/>'), 'PT54.5S', ('x',))), wanted=52_000
            ),
            'film': read(manifest(period(listed(ROWS)), kind='type="static"'), wanted=52_000),
            'filmOfAnotherClock': read(manifest(period(listed(ROWS)), kind='type="static"'), wanted=900_000),
            'atItsEnd': read(
                manifest(
                    period(BY_TIME),
                    kind='type="dynamic" availabilityStartTime="2026-11-28T10:00:00Z" mediaPresentationDuration="PT57S"',
                ),
                wanted=54_000,
            ),
            'notBegun': read(manifest()),
            'first': first_of(manifest(period(listed(ROWS)))),
            'firstOfSound': first_of(manifest(period(listed(ROWS, 'media="x" presentationTimeOffset="30"'))), SOUND),
            'recorded': record([in_ts(3, 5), in_ts(5, 5), in_ts(8, 4, True)]),
            'window': record([in_ts(3, 5), in_ts(12, 3, True)]),
            'gone': record([in_ts(3, 5), in_ts(5, 6, True)], gone=(8,)),
            'refusals': [
                read(text)
                for text in (
                    '<html>',
                    '<html/>',
                    ENTITIES + manifest(period(listed(ROWS))),
                    manifest(period(listed('<S t="0" d="20" r="99999999"/>'))),
                    manifest(period('<SegmentList duration="2"/>')),
                    manifest('<Period xmlns:x="http://www.w3.org/1999/xlink" x:href="http://ads/"/>'),
                    manifest(period(listed(ROWS, 'media="file:///etc/hostname"'))),
                )
            ],
        }
    )
)
