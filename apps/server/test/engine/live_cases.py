"""Records streams that a script of answers plays, in a folder of its own and without waiting; prints what came out."""

import io
import json
import os
import sys
import tempfile

sys.path.insert(0, sys.argv[1])

import live_boxes  # noqa: E402
from live import Recording  # noqa: E402
from live_list import NotPlain, parse  # noqa: E402

URL = 'http://site/list.m3u8'


class Answer(io.BytesIO):
    def __init__(self, body, url, status=200, headers=None):
        super().__init__(body)
        self.url = url
        self.status = status
        self.headers = {'Content-Length': str(len(body)), **(headers or {})}


class Failure(Exception):
    def __init__(self, status):
        super().__init__(f'HTTP Error {status}')
        self.status = status


def listed(first, count, end=False, head=''):
    lines = ['#EXTM3U', '#EXT-X-TARGETDURATION:1', f'#EXT-X-MEDIA-SEQUENCE:{first}']
    lines += [head] if head else []
    for number in range(first, first + count):
        lines += ['#EXTINF:1.0,', f'segment-{number}.ts']
    return '\n'.join([*lines, *(['#EXT-X-ENDLIST'] if end else [])]).encode()


def body(number):
    return b'\x47' + bytes([number % 256]) * 187


def decrypt(content, key, vector):
    """No cipher, but as strict about its key, vector and blocks."""
    assert key == b'k' * 16 and len(vector) == 16 and len(content) % 16 == 0
    return content


def play(lists, broken=None, folder=None, segment=None, cipher=decrypt):
    """`lists`: answers for the list in their order, the last one stays. `broken`: how often a segment fails, and how.

    `segment`: what is answered for each number, instead of a packet of MPEG-TS.
    """
    folder = folder or tempfile.mkdtemp()
    path = os.path.join(folder, 'media.mp4.part')
    clock = [0.0]
    lists = list(lists)
    broken = {number: list(failures) for number, failures in (broken or {}).items()}
    gaps = []

    def fetch(url, headers):
        clock[0] += 0.01
        if url == URL:
            answer = lists.pop(0) if len(lists) > 1 else lists[0]
            if isinstance(answer, BaseException):
                raise answer
            return Answer(answer, url)
        if url.endswith('/key'):
            return Answer(b'k' * 16, url)
        if 'Range' in headers:
            return ranged(url, headers['Range'])
        number = int(url.rsplit('-', 1)[1].split('.')[0])
        if broken.get(number):
            failure = broken[number].pop(0)
            if isinstance(failure, bytes):
                return Cut(failure, url, headers={'Content-Length': '188'})
            if isinstance(failure, Answer):
                return failure
            raise failure
        return Answer((segment or body)(number), url)

    def sleep(seconds):
        clock[0] += seconds

    recording = Recording(
        URL, lambda is_fragmented: path, fetch, cipher, lambda text: None, gaps.append, lambda: clock[0], sleep
    )
    try:
        has_recorded = recording.run()
    except NotPlain:
        return {'isPlain': False, 'files': sorted(os.listdir(folder))}
    except KeyboardInterrupt:
        has_recorded = None
    written = open(path, 'rb').read() if os.path.exists(path) else b''
    if segment is fragment:
        return {'times': times_in(written), 'gaps': [[gap['first'], gap['count']] for gap in gaps]}
    numbers = [written[at + 1] for at in range(0, len(written), 188)]
    return {
        'has': has_recorded,
        'segments': numbers,
        'gaps': [[gap['at'], gap['first'], gap['count']] for gap in gaps],
        'seconds': round(clock[0]),
    }


def ranged(url, header):
    """One file with all segments, of 188 bytes each. It is behind once, and ignores a range once."""
    first, last = (int(number) for number in header.split('=')[1].split('-'))
    whole = b''.join(body(number) for number in range(20))
    oddities = ranged.oddities
    if first == 3 * 188 and oddities:
        kind = oddities.pop()
        if kind == 'elsewhere':
            return Answer(whole[:188], url, 206, {'Content-Range': 'bytes 0-187/3760'})
        return Answer(whole, url)
    return Answer(whole[first : last + 1], url, 206, {'Content-Range': f'bytes {first}-{last}/{len(whole)}'})


ranged.oddities = []


def in_ranges(first, count, end=False):
    lines = ['#EXTM3U', '#EXT-X-TARGETDURATION:1', f'#EXT-X-MEDIA-SEQUENCE:{first}']
    for number in range(first, first + count):
        # The place of all but the first follows from the one before it.
        place = f'188@{number * 188}' if number == first else '188'
        lines += [f'#EXT-X-BYTERANGE:{place}', '#EXTINF:1.0,', 'all.ts']
    return '\n'.join([*lines, *(['#EXT-X-ENDLIST'] if end else [])]).encode()


def padded(number):
    content = body(number)
    missing = 16 - len(content) % 16
    return content + bytes([missing]) * missing


def box(kind, *content):
    held = b''.join(content)
    return (len(held) + 8).to_bytes(4, 'big') + kind + held


def init(description=b'avc1'):
    track = box(b'tkhd', bytes(12), (7).to_bytes(4, 'big'), bytes(8))
    media = box(b'mdia', box(b'mdhd', bytes(12), (1000).to_bytes(4, 'big')), box(b'minf', box(b'stbl', box(b'stsd', description))))
    return box(b'ftyp', b'isom') + box(b'moov', box(b'trak', track, media))


def fragment(number):
    """The numbers from 40 on are of another clock, those from 90 on of another picture."""
    if number == 1000:
        return init()
    if number == 1001:
        return init(b'hvc1')
    seconds = number if number < 40 else number - 40 + 3600 * (number % 2)
    time = box(b'tfdt', b'\1\0\0\0', (seconds * 1000).to_bytes(8, 'big'))
    return box(b'sidx', bytes(8)) + box(b'moof', box(b'traf', box(b'tfhd', bytes(4), (7).to_bytes(4, 'big')), time))


def times_in(written):
    ends, at = [], 0
    while at < len(written):
        size = int.from_bytes(written[at : at + 4], 'big')
        if written[at + 4 : at + 8] == b'moof':
            ends.append(round(live_boxes.begin_of(written[at : at + size], {7: 1000})))
        at += size
    return ends


def fragmented(*parts, end=True):
    """Numbers of segments; text stands as it is."""
    lines = ['#EXTM3U', '#EXT-X-TARGETDURATION:1', '#EXT-X-MEDIA-SEQUENCE:0', '#EXT-X-MAP:URI="init-1000.mp4"']
    for part in parts:
        lines += [part] if isinstance(part, str) else ['#EXTINF:1.0,', f'segment-{part}.m4s']
    return '\n'.join([*lines, *(['#EXT-X-ENDLIST'] if end else [])]).encode()


class Cut(Answer):
    """Breaks off after what it has."""

    def read(self, size=-1):
        chunk = super().read(size)
        if not chunk:
            raise ConnectionResetError('reset')
        return chunk


def continued():
    folder = tempfile.mkdtemp()
    play([listed(0, 3), KeyboardInterrupt()], folder=folder)
    with open(os.path.join(folder, 'media.mp4.part'), 'ab') as file:
        file.write(b'half a segm')
    return play([listed(2, 4, True)], folder=folder)


def full_disk():
    try:
        play([listed(0, 3)], folder='/dev/full/nowhere')
    except OSError as error:
        return type(error).__name__
    return None


def refusal(text):
    try:
        parse(text, URL)
    except (NotPlain, ValueError) as error:
        return type(error).__name__
    return None


def in_ranges_played():
    ranged.oddities[:] = ['ignored', 'elsewhere']
    return play([in_ranges(0, 3), in_ranges(1, 4), in_ranges(3, 3, True)])


def continued_fragments():
    folder = tempfile.mkdtemp()
    play([STARTED, fragmented(0, 1, 2, BREAK, 40, end=False), KeyboardInterrupt()], folder=folder, segment=fragment)
    # 40 and 42 are of a clock that begins at 0.
    return play([fragmented(0, 1, 2, BREAK, 40, 42)], folder=folder, segment=fragment)


KEY = '#EXT-X-KEY:METHOD=AES-128,URI="key"'
BREAK = '#EXT-X-DISCONTINUITY'
FIRST, OTHER = ('#EXT-X-MAP:URI="init-1000.mp4"', '#EXT-X-MAP:URI="init-1001.mp4"')
STARTED = fragmented(0, 1, 2, end=False)
LONG = {'Content-Length': '188'}
gone = [Failure(404)] * 10
print(
    json.dumps(
        {
            'whole': play([listed(0, 3), listed(1, 4), listed(3, 3, True)]),
            'overHiccup': play([listed(0, 3), *[Failure(503)] * 4, b'<html>', listed(2, 5, True)]),
            'beginsNow': play([listed(0, 9), listed(0, 10, True)]),
            'gap': play([listed(0, 3), Failure(503), listed(6, 2, True)]),
            'goneSegment': play([listed(0, 3), listed(0, 5), listed(0, 6, True)], {4: gone}),
            'cutSegment': play([listed(0, 3), listed(0, 5, True)], {3: [b'\x47\x01', Failure(500)]}),
            'givenUp': play([listed(0, 3), Failure(503)]),
            'frozen': play([listed(0, 3)]),
            'staleCache': play([listed(5, 3), listed(4, 3), listed(6, 3, True)]),
            'newNumbering': play([listed(40, 3), listed(0, 2), listed(0, 3, True)]),
            'continued': continued(),
            'neverThere': play([Failure(404)]),
            'fullDisk': full_disk(),
            'noTransportStream': play([listed(0, 3)], {0: [b'ID3 sound']}),
            'encrypted': play([listed(0, 3, head=KEY)], segment=padded, cipher=None),
            'otherCipher': play([listed(0, 3, head='#EXT-X-KEY:METHOD=SAMPLE-AES,URI="key"')]),
            'decrypted': play(
                [listed(0, 3, head=KEY), listed(0, 5, True, head=KEY)],
                {3: [b'\x47\x01', Answer(body(3), URL)]},
                segment=padded,
            ),
            'ranges': in_ranges_played(),
            'pageAsSegment': play([listed(0, 3), listed(0, 5, True)], {3: [Answer(b'<html>a moment</html>', URL)]}),
            'shortSegment': play([listed(0, 3), listed(0, 5, True)], {3: [Answer(body(3)[:90], URL, 200, LONG)]}),
            'declaredGap': play([listed(0, 3), listed(0, 6, True).replace(b'segment-4', b'#EXT-X-GAP\nsegment-4')]),
            'fragmented': play([STARTED, fragmented(0, 1, 2, 3)], segment=fragment),
            'otherClock': play([STARTED, fragmented(0, 1, 2, BREAK, 40, 42, BREAK, 41, 43)], segment=fragment),
            'otherPicture': play([STARTED, fragmented(0, 1, 2, OTHER, 3, FIRST, 4, 5)], segment=fragment),
            'continuedFragments': continued_fragments(),
            'refusals': [
                refusal(text)
                for text in (
                    '<html>',
                    '#EXTM3U\n#EXT-X-DEFINE:NAME="a",VALUE="b"\n#EXTINF:1,\n{$a}.ts',
                    '#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname',
                    '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8',
                    '#EXTM3U\n',
                )
            ],
        }
    )
)
