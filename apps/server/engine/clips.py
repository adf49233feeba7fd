"""Makes a clip of a segmented stream: fetches the segments like those of a whole stream, then cuts them in the folder.

yt-dlp (2026.10.26) leaves clips to ffmpeg, which fetches the segments itself: it asks for each segment once, skips it on a
failure, and keeps pages and truncated segments, with little or no notice. Here yt-dlp's own downloaders fetch the segments
that the clip touches, with everything that `fragments.py` adds, and ffmpeg reads a local file.
"""

import functools
import inspect
import os
from typing import AbstractSet, Any, Callable, Dict, List, Optional, Sequence, Set

import fragment_list
import records
from fragment_list import BehindTheEnd, NotInSegments, SeveralForms

# A larger difference comes from another clock and not from rounding.
_MOST_ROUNDED_SECONDS = 1.0
# The begin of the fetched segments of each stream. The worker uses this name too (resume-state.ts).
_RECORD = 'clips.json'
# In these ffmpeg cannot seek to a key frame, and would write codecs of the nineties.
_WITHOUT_INDEX = ('ts', 'm2ts', 'mts', 'mpg', 'mpeg', 'vob')
_MOST_BETWEEN_KEY_FRAMES = 15.0
# The file is later renamed after its content.
_ENCODED = ['-c:v', 'libx264', '-c:a', 'aac', '-sn', '-dn', '-f', 'mp4', '-movflags', '+faststart']
_PROTOCOLS = ('m3u8_native', 'm3u8', 'http_dash_segments')

# Fetches the clip of an HLS stream in several forms (`forms.py`): downloader, file, stream and clip, whose offset it sets.
by_form: Optional[Callable[[Any, str, Dict[str, Any], 'Clip'], bool]] = None


class Clip:
    """The clip of one stream; times are in seconds of the whole stream."""

    def __init__(self, start: float, end: Optional[float]) -> None:
        self.start = start
        self.end = end
        # The begin of the first fetched segment according to the manifest.
        self.offset = 0.0

    def choose(self, listed: Sequence[fragment_list.Listed], lost: AbstractSet[int] = frozenset()) -> Set[int]:
        """The `frag_index` of all segments that the clip touches, and of their initialisation.

        `lost`: segments that could not be fetched, so that the clip may begin later. Raises NotInSegments, SeveralForms and BehindTheEnd.
        """
        chosen: Set[int] = set()
        begin = 0.0
        first: Optional[float] = None
        for index, entry in enumerate(listed, 1):
            if entry.seconds is None:
                if index > 1:
                    raise SeveralForms
                chosen.add(index)
                continue
            end = begin + entry.seconds
            if end > self.start and (self.end is None or begin < self.end):
                chosen.add(index)
                if first is None and not entry.is_gap and index not in lost:
                    first = begin
            begin = end
        if first is None:
            raise BehindTheEnd(begin) if 0 < begin <= self.start else NotInSegments
        self.offset = first
        return chosen


def install() -> None:
    """Call after `fragments.install`. Raises any exception for an unknown yt-dlp, before anything is changed."""
    from yt_dlp.downloader.external import FFmpegFD

    if list(inspect.signature(FFmpegFD.real_download).parameters) != ['self', 'filename', 'info_dict']:
        raise LookupError
    FFmpegFD.real_download = _in_segments(FFmpegFD.real_download)


def _in_segments(download: Callable[..., Any]) -> Callable[..., Any]:
    from yt_dlp.utils import PostProcessingError

    @functools.wraps(download)
    def run(downloader: Any, filename: str, info: Any) -> Any:
        if info.get('_artemis_clip') is not None:
            # The downloader of segments cannot fetch these and has passed them on to ffmpeg.
            raise NotInSegments
        streams: List[Dict[str, Any]] = info.get('requested_formats') or [info]
        start, end = info.get('section_start') or 0, info.get('section_end')
        is_clip = bool(start or end) and not info.get('is_live')
        if is_clip and len(streams) == 1 and info.get('ext') in _WITHOUT_INDEX and _is_plain(info):
            return download(downloader, filename, {**info, **_encoded_clip(start, end)})
        if not is_clip or not all(stream.get('protocol') in _PROTOCOLS for stream in streams):
            return download(downloader, filename, info)
        names = [f'{filename}.clip{number}' for number in range(len(streams))]
        clips = [Clip(start, end) for _ in streams]
        try:
            # Fetches all streams, so that each reports its missing segments.
            fetched = [
                _fetch(downloader, name, {**info, **stream}, clip) for name, stream, clip in zip(names, streams, clips)
            ]
            if not all(fetched):
                return False
            cuts = _cuts(downloader, names, clips)
        except BehindTheEnd as error:
            # Read by `worker/outcome/behind-the-end.ts`.
            downloader.report_error(f'Nothing of the media lies in this section, it is {error.args[0]:.3f} s long')
            return False
        except (NotInSegments, PostProcessingError):
            return download(downloader, filename, info)
        local: List[Dict[str, Any]] = []
        for name, stream, seconds in zip(names, streams, cuts):
            arguments = ['-ss', f'{seconds:.6f}'] if seconds > 0 else []
            options = {**(stream.get('downloader_options') or {}), 'ffmpeg_args': arguments}
            url = f'file:{name}'
            local.append({**stream, 'url': url, 'manifest_stream_number': 0, 'downloader_options': options})
        whole = {**info, **(local[0] if len(local) == 1 else {'requested_formats': local})}
        whole.update(section_start=None, section_end=None if end is None else end - _begin_of(clips))
        # The configured input arguments are meant for connections, and not for local files.
        configured = downloader._configuration_args
        downloader._configuration_args = lambda keys, *rest: [] if '_i' in keys else configured(keys, *rest)
        is_done = download(downloader, filename, whole)
        for name in names:
            if is_done and os.path.exists(name):
                os.remove(name)
        return is_done

    return run


def _is_plain(info: Dict[str, Any]) -> bool:
    return info.get('protocol') in ('http', 'https')


def _encoded_clip(start: float, end: Optional[float]) -> Dict[str, Any]:
    """Decodes from well before the clip and encodes it: without an index the position of the key frames is not known."""
    early = max(0, start - _MOST_BETWEEN_KEY_FRAMES)
    length = [] if end is None else ['-t', f'{end - start:.6f}']
    return {
        'section_start': None,
        'section_end': None if end is None else end - early,
        'downloader_options': {
            'ffmpeg_args': ['-ss', f'{early:.6f}'],
            'ffmpeg_args_out': ['-ss', f'{start - early:.6f}', *length, *_ENCODED],
        },
    }


def _cuts(downloader: Any, names: List[str], clips: List[Clip]) -> List[float]:
    """Seconds from the begin of each file to the begin of the clip, with all streams in step."""
    from yt_dlp.postprocessor.ffmpeg import FFmpegPostProcessor

    tool = FFmpegPostProcessor(downloader.ydl)
    cuts = [_begin_of(clips) - clip.offset for clip in clips]
    if len(names) > 1:
        # Manifests round times, which would put the sound out of step. The clock of the first stream counts for all.
        begins = [float(tool.get_metadata_object(name)['format'].get('start_time') or 0) for name in names]
        zeros = [begin - clip.offset for begin, clip in zip(begins, clips)]
        for index, zero in enumerate(zeros):
            if abs(zero - zeros[0]) < _MOST_ROUNDED_SECONDS:
                cuts[index] += zeros[0] - zero
    for name, seconds in zip(names, cuts):
        if seconds > 0 and not _has_index(name):
            # ffmpeg would seek into the middle of a group of pictures, and begin with the next one.
            tool.run_ffmpeg(name, f'{name}.mp4', [*tool.stream_copy_opts(), '-f', 'mp4'])
            os.replace(f'{name}.mp4', name)
    return cuts


def _begin_of(clips: List[Clip]) -> float:
    """The time of the whole stream from which on all streams exist."""
    return max(max(clip.start, clip.offset) for clip in clips)


def _has_index(name: str) -> bool:
    with open(name, 'rb') as file:
        head = file.read(8)
    return head[4:8] in (b'ftyp', b'styp', b'moof', b'sidx', b'moov') or head[:4] == b'\x1aE\xdf\xa3'


def _fetch(downloader: Any, name: str, stream: Dict[str, Any], clip: Clip) -> bool:
    from yt_dlp.downloader.dash import DashSegmentsFD
    from yt_dlp.downloader.hls import HlsFD

    kind = DashSegmentsFD if stream['protocol'] == 'http_dash_segments' else HlsFD
    fetcher = kind(downloader.ydl, downloader.params)
    fetcher.clip = clip
    for hook in downloader._progress_hooks:
        fetcher.add_progress_hook(hook)
    left_out = ('requested_formats', 'section_start', 'section_end')
    info = {key: value for key, value in stream.items() if key not in left_out}
    facts = {'start': clip.start, 'end': clip.end, 'format': stream.get('format_id')}
    known = records.read(_RECORD).get(name) or {}
    if os.path.exists(name):
        if {**facts, 'offset': known.get('offset')} == known:
            clip.offset = known['offset']
            return True
        # The begin of this file is not known.
        os.remove(name)
    try:
        success, _ = fetcher.download(name, {**info, '_artemis_clip': True})
    except SeveralForms:
        if by_form is None or kind is not HlsFD:
            raise
        success = by_form(downloader, name, info, clip)
    if success:
        records.write(_RECORD, {**records.read(_RECORD), name: {**facts, 'offset': clip.offset}})
    return bool(success)
