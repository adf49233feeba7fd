"""Records streams that a script of answers plays, in a folder of its own and without waiting; prints what came out."""

import io
import json
import os
import sys
import tempfile

sys.path.insert(0, sys.argv[1])

from live import NotPlain, Recording, parse  # noqa: E402

URL = 'http://site/list.m3u8'


class Answer(io.BytesIO):
    def __init__(self, body, url):
        super().__init__(body)
        self.url = url


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


def play(lists, broken=None, folder=None):
    """`lists`: answers for the list in their order, the last one stays. `broken`: how often a segment fails, and how."""
    folder = folder or tempfile.mkdtemp()
    path = os.path.join(folder, 'media.mp4.part')
    clock = [0.0]
    lists = list(lists)
    broken = {number: list(failures) for number, failures in (broken or {}).items()}
    gaps = []

    def fetch(url):
        clock[0] += 0.01
        if url == URL:
            answer = lists.pop(0) if len(lists) > 1 else lists[0]
            if isinstance(answer, BaseException):
                raise answer
            return Answer(answer, url)
        number = int(url.rsplit('-', 1)[1].split('.')[0])
        if broken.get(number):
            failure = broken[number].pop(0)
            if isinstance(failure, bytes):
                return Cut(failure, url)
            raise failure
        return Answer(body(number), url)

    def sleep(seconds):
        clock[0] += seconds

    recording = Recording(URL, path, fetch, lambda text: None, gaps.append, lambda: clock[0], sleep)
    try:
        has_recorded = recording.run()
    except NotPlain:
        return {'isPlain': False, 'files': sorted(os.listdir(folder))}
    except KeyboardInterrupt:
        has_recorded = None
    written = open(path, 'rb').read() if os.path.exists(path) else b''
    numbers = [written[at + 1] for at in range(0, len(written), 188)]
    return {
        'has': has_recorded,
        'segments': numbers,
        'gaps': [[gap['at'], gap['first'], gap['count']] for gap in gaps],
        'seconds': round(clock[0]),
    }


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
            'encrypted': play([listed(0, 3, head='#EXT-X-KEY:METHOD=AES-128,URI="key"')]),
            'refusals': [
                refusal(text)
                for text in (
                    '<html>',
                    '#EXTM3U\n#EXT-X-MAP:URI="init.mp4"\n#EXTINF:1,\na.m4s',
                    '#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname',
                    '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8',
                    '#EXTM3U\n',
                )
            ],
        }
    )
)
