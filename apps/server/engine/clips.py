"""A clip of a stream in segments: fetched like a whole one, then cut from what lies in the folder.

yt-dlp (2026.10.26) leaves clips to ffmpeg, which fetches them itself: it asks for a segment once and goes on without it
when that fails, keeps what is a page or cut short, and says so in passing or not at all. Here the segments that the
clip touches are fetched by yt-dlp's own downloaders, with all that `fragments.py` adds, and ffmpeg reads a file.
"""

import functools
import inspect
import os
from typing import AbstractSet, Any, Callable, Dict, List, Optional, Sequence, Set

import fragment_list
import records
from fragment_list import BehindTheEnd, NotInSegments

# More is another clock, not rounding.
_MOST_ROUNDED_SECONDS = 1.0
# Where the fetched segments of each stream begin. The worker knows this name.
_RECORD = 'clips.json'
# ffmpeg finds no key frame in these before it reads them, and writes codecs of the nineties into them.
_WITHOUT_INDEX = ('ts', 'm2ts', 'mts', 'mpg', 'mpeg', 'vob')
_MOST_BETWEEN_KEY_FRAMES = 15.0
# The file gets the name of what is in it.
_ENCODED = ['-c:v', 'libx264', '-c:a', 'aac', '-sn', '-dn', '-f', 'mp4', '-movflags', '+faststart']
_PROTOCOLS = ('m3u8_native', 'm3u8', 'http_dash_segments')


class Clip:
    """Of one stream, in seconds of the whole."""

    def __init__(self, start: float, end: Optional[float]) -> None:
        self.start = start
        self.end = end
        # Where the first segment that was fetched begins, as the manifest says.
        self.offset = 0.0

    def choose(self, listed: Sequence[fragment_list.Listed], lost: AbstractSet[int] = frozenset()) -> Set[int]:
        """The `frag_index` of all that it touches, and of what initialises them. Raises NotInSegments, BehindTheEnd.

        `lost`: those that could not be had, so that what was fetched begins later.
        """
        chosen: Set[int] = set()
        begin = 0.0
        first: Optional[float] = None
        for index, entry in enumerate(listed, 1):
            if entry.seconds is None:
                if index > 1:
                    raise NotInSegments
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
    """After `fragments.install`. Raises anything with a yt-dlp that it does not know, before anything is changed."""
    from yt_dlp.downloader.external import FFmpegFD

    if list(inspect.signature(FFmpegFD.real_download).parameters) != ['self', 'filename', 'info_dict']:
        raise LookupError
    FFmpegFD.real_download = _in_segments(FFmpegFD.real_download)


def _in_segments(download: Callable[..., Any]) -> Callable[..., Any]:
    from yt_dlp.utils import PostProcessingError

    @functools.wraps(download)
    def run(downloader: Any, filename: str, info: Any) -> Any:
        if info.get('_artemis_clip') is not None:
            # Asked by the downloader of segments, which cannot fetch these.
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
            # All of them, so that each tells what it lacks.
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
        # What is given for inputs is meant for connections.
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
    """What is not known to be a key frame cannot be begun with: decoded from well before, and encoded anew."""
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
    """Seconds from the beginning of each file to that of the clip, where all streams are in step."""
    from yt_dlp.postprocessor.ffmpeg import FFmpegPostProcessor

    tool = FFmpegPostProcessor(downloader.ydl)
    cuts = [_begin_of(clips) - clip.offset for clip in clips]
    if len(names) > 1:
        # Manifests round: sound would be out of step by as much. What the first stream says of time counts for all.
        begins = [float(tool.get_metadata_object(name)['format'].get('start_time') or 0) for name in names]
        zeros = [begin - clip.offset for begin, clip in zip(begins, clips)]
        for index, zero in enumerate(zeros):
            if abs(zero - zeros[0]) < _MOST_ROUNDED_SECONDS:
                cuts[index] += zeros[0] - zero
    for name, seconds in zip(names, cuts):
        if seconds > 0 and not _has_index(name):
            # ffmpeg would land in the middle of a group of pictures, and begin with the next one.
            tool.run_ffmpeg(name, f'{name}.mp4', [*tool.stream_copy_opts(), '-f', 'mp4'])
            os.replace(f'{name}.mp4', name)
    return cuts


def _begin_of(clips: List[Clip]) -> float:
    """Seconds of the whole at which all streams are there."""
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
        # Where it begins is not known.
        os.remove(name)
    success, _ = fetcher.download(name, {**info, '_artemis_clip': True})
    if success:
        records.write(_RECORD, {**records.read(_RECORD), name: {**facts, 'offset': clip.offset}})
    return bool(success)
