"""What ffmpeg and ffprobe may open: before each of their inputs stands which protocols and which demuxers it may use.

Both follow names that stand in what they read: a list, a manifest, SDP or ffconcat in the place of media makes them open
other files and addresses, and `httpproxy:` passes for http and goes round the proxy. So an input is what it was said to be or
it is refused, whatever was read at its address before. Names are those of ffmpeg's demuxers, from media-types.json.
"""

import json
import os
import re
from typing import Any, Callable, Dict, List, Optional, Sequence

from wrapping import wrap

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'media-types.json'), encoding='utf-8') as _file:
    _LIST: Dict[str, Any] = json.load(_file)

_MEDIA: List[str] = [demuxer for family in _LIST['media'] for demuxer in family['demuxers']]
_STORED = ','.join((*_MEDIA, *_LIST['subtitles'], *_LIST['pictures'], *_LIST['notes']))
_STREAMED = ','.join((*_MEDIA, 'webvtt'))
# The demuxer of the manifest, by the protocol that yt-dlp names.
_MANIFESTS = {'m3u8': 'hls', 'm3u8_native': 'hls', 'http_dash_segments': 'dash'}
# `data` and `crypto` hold or decrypt what stands in the manifest itself.
_PLAIN_HTTP = 'http,tcp,crypto,data'
# Over a proxy ffmpeg's https needs `httpproxy`.
_HTTPS = f'{_PLAIN_HTTP},https,tls,httpproxy'
# A file is asked for again where its connection ended, after 0, 1 and 3 s, anew whenever a byte came; an answer from another
# place is refused (ffmpeg 5.1, http.c). Not below a manifest: segments do not hear of it.
_READ_AGAIN = ('-reconnect', '1', '-reconnect_delay_max', '3')


class NotAllowed(ValueError):
    """This input may not be opened; the message says why."""


class MediaInputs:
    """For one job. `allows_https`: also below a manifest that comes by plain http."""

    def __init__(self, can_restrict_connections: bool, allows_https: bool) -> None:
        self._can_restrict_connections = can_restrict_connections
        self._allows_https = allows_https and can_restrict_connections
        self._demuxers: Dict[str, str] = {}

    def note(self, url: str, protocol: Optional[str]) -> None:
        """Notes an address that yt-dlp is about to give to ffmpeg."""
        demuxer = _MANIFESTS.get(protocol or '')
        if demuxer is not None:
            self._demuxers[url] = demuxer

    def words_for(self, source: str, forced_demuxer: Optional[str] = None) -> List[str]:
        """What has to stand before `-i source`. `forced_demuxer`: the value of a `-f` before it. Raises NotAllowed."""
        if source.startswith('file:'):
            # yt-dlp itself has written this list of parts.
            return _words('file', f'{_STORED},concat' if forced_demuxer == 'concat' else _STORED)
        if not source.startswith(('http://', 'https://')):
            # Every other protocol ignores the proxy, and some (concat:, tcp:) hide an address from a simple test.
            raise NotAllowed('input not allowed')
        manifest = self._demuxers.get(source)
        is_https = source.startswith('https://')
        # By https what the manifest names could go round the proxy; HLS also takes a list by `tcp:`, which http needs.
        if manifest is not None and (is_https or manifest == 'hls') and not self._can_restrict_connections:
            raise NotAllowed('this manifest needs a kernel that restricts connections (Linux 6.7)')
        formats = _STREAMED if manifest is None else f'{_STREAMED},{manifest}'
        words = _words(_HTTPS if is_https or self._allows_https else _PLAIN_HTTP, formats)
        return words if manifest is not None else [*words, *_READ_AGAIN]

    def confined(self, argv: Sequence[str], is_ffprobe: bool) -> List[str]:
        """The command line with these words before each input. Raises NotAllowed."""
        if is_ffprobe:
            # ffprobe has one input, and accepts its options at any place.
            source = _input_of_ffprobe(argv)
            if source is None:
                return list(argv)
            if not source.startswith('file:'):
                raise NotAllowed('input not allowed')
            return [argv[0], *self.words_for(source), *argv[1:]]
        confined: List[str] = []
        forced: Optional[str] = None
        for index, word in enumerate(argv):
            before = argv[index - 1] if index > 0 else None
            if before == '-f':
                forced = word
            if word == '-i' and index + 1 < len(argv) and before != '-f':
                confined += self.words_for(argv[index + 1], forced)
                forced = None
            confined.append(word)
        return confined

    def is_confined(self, argv: Sequence[str], is_ffprobe: bool) -> bool:
        """Whether this command line is a result of `confined`. Raises NotAllowed."""
        return list(argv) == self.confined(_without_words(argv), is_ffprobe)

    def reaches_network(self, argv: Sequence[str]) -> bool:
        return any(
            word.startswith(('http://', 'https://')) for before, word in zip(argv, argv[1:]) if before == '-i'
        )


# The inputs of the job in this process.
of_this_job: Optional[MediaInputs] = None


def install() -> None:
    """Notes every address that yt-dlp gives to ffmpeg. With an unknown yt-dlp, ffmpeg may open only plain files."""
    wrap('yt_dlp.downloader.external', 'FFmpegFD', '_call_downloader', _noting)


def _noting(call: Callable[..., Any]) -> Callable[..., Any]:
    def run(downloader: Any, filename: Any, info: Dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        for form in info.get('requested_formats') or [info]:
            if of_this_job is not None:
                of_this_job.note(form['url'], form.get('protocol'))
        return call(downloader, filename, info, *args, **kwargs)

    return run


def _words(protocols: str, demuxers: str) -> List[str]:
    return ['-protocol_whitelist', protocols, '-format_whitelist', demuxers]


def _without_words(argv: Sequence[str]) -> List[str]:
    left: List[str] = []
    words = iter(argv)
    for word in words:
        if word in ('-protocol_whitelist', '-format_whitelist', '-reconnect', '-reconnect_delay_max'):
            next(words, None)
        else:
            left.append(word)
    return left


def _input_of_ffprobe(argv: Sequence[str]) -> Optional[str]:
    """None when ffmpeg is only asked about itself (`-version`, `-bsfs`). yt-dlp and we name the input last."""
    last = argv[-1]
    if len(argv) == 2 and re.fullmatch(r'-[a-z]+', last):
        return None
    return last
