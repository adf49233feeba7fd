"""A stream that changes its form in the middle (a second EXT-X-MAP): each form is fetched by itself, then all are joined.

yt-dlp's own downloader (2026.10.26) refuses such a list, and ffmpeg keeps the description of the first form for all of
them, so that what was described otherwise, an advert most often, cannot be decoded. Asked when yt-dlp has refused, and
for clips.
"""

import functools
import inspect
import os
from typing import Any, Callable, Dict, List, NamedTuple, Optional

import audio_languages
import clips
import fragment_list

_PROTOCOLS = ('m3u8', 'm3u8_native')
_KEPT_AT_THE_BEGINNING = ('#EXTM3U', '#EXT-X-VERSION', '#EXT-X-TARGETDURATION', '#EXT-X-PLAYLIST-TYPE')


class Form(NamedTuple):
    """The part of a playlist that has one description of the stream, and how much of the stream comes before it."""

    text: str
    seconds: float
    fragments: int
    fragments_before: int
    seconds_before: float


def install() -> None:
    """Call after `clips.install`. Raises any exception for an unknown yt-dlp, before anything is changed."""
    from yt_dlp.downloader.external import FFmpegFD
    from yt_dlp.downloader.hls import HlsFD

    if 'hls_media_playlist_data' not in inspect.unwrap(HlsFD.real_download).__code__.co_consts:
        raise LookupError
    FFmpegFD.real_download = _by_form(FFmpegFD.real_download)
    clips.by_form = _clip


def _by_form(download: Callable[..., Any]) -> Callable[..., Any]:
    from yt_dlp.postprocessor.ffmpeg import FFmpegPostProcessor

    @functools.wraps(download)
    def run(downloader: Any, filename: str, info: Any) -> Any:
        streams: List[Dict[str, Any]] = info.get('requested_formats') or [info]
        is_asked = downloader.params.get('hls_prefer_native') is False and not info.get('is_live')
        is_clip = bool(info.get('section_start') or info.get('section_end'))
        if not is_asked or is_clip or not all(stream.get('protocol') in _PROTOCOLS for stream in streams):
            return download(downloader, filename, info)
        tool = FFmpegPostProcessor(downloader.ydl)
        made: List[List[str]] = []
        for number, stream in enumerate(streams):
            url, forms = _read(downloader, {**info, **stream})
            if not forms:
                return download(downloader, filename, info)
            names = [f'{filename}.form{number}-{position}.mp4' for position in range(len(forms))]
            # Fetches all forms, so that each reports its missing segments.
            total = sum(form.fragments for form in forms)
            whole = {**info, **stream, 'url': url}
            fetched = [_fetch(downloader, name, whole, form, total) for name, form in zip(names, forms)]
            made.append(_usable(downloader, names, fetched))
        if not all(made):
            return False
        _join(downloader, tool, streams, made, filename)
        size = os.path.getsize(filename)
        told = {'status': 'finished', 'filename': filename, 'downloaded_bytes': size, 'total_bytes': size}
        downloader._hook_progress(told, info)
        return True

    return run


def _clip(downloader: Any, filename: str, stream: Dict[str, Any], clip: clips.Clip) -> bool:
    from yt_dlp.postprocessor.ffmpeg import FFmpegPostProcessor

    url, forms = _read(downloader, stream)
    chosen: List[Any] = []
    total = 0
    for form in forms:
        end = None if clip.end is None else clip.end - form.seconds_before
        part = clips.Clip(max(0, clip.start - form.seconds_before), end)
        if form.seconds + form.seconds_before > clip.start and (end is None or end > 0):
            # One of them is what initialises the others.
            total += len(part.choose(fragment_list.of_playlist(form.text, None))) - 1
            chosen.append((form, part))
    if not chosen:
        raise fragment_list.BehindTheEnd(sum(form.seconds for form in forms)) if forms else fragment_list.NotInSegments
    names = [f'{filename}.form0-{position}.mp4' for position in range(len(chosen))]
    whole = {**stream, 'url': url}
    fetched = [_fetch(downloader, name, whole, form, total, part) for name, (form, part) in zip(names, chosen)]
    usable = _usable(downloader, names, fetched)
    if not usable:
        return False
    form, part = chosen[names.index(usable[0])]
    clip.offset = form.seconds_before + part.offset
    _join(downloader, FFmpegPostProcessor(downloader.ydl), [stream], [usable], filename)
    return True


def _usable(downloader: Any, names: List[str], fetched: List[bool]) -> List[str]:
    """All or none, unless a person wants to keep what there is."""
    if all(fetched) or not downloader.params.get('skip_unavailable_fragments', True):
        return names if all(fetched) else []
    return [name for name, is_there in zip(names, fetched) if is_there and os.path.getsize(name) > 0]


def _read(downloader: Any, stream: Dict[str, Any]) -> Any:
    text = stream.get('hls_media_playlist_data')
    if text:
        return stream['url'], forms_of(text)
    response = downloader.ydl.urlopen(downloader._prepare_url(stream, stream['url']))
    return response.url, forms_of(response.read().decode('utf-8', 'ignore'))


def _fetch(
    downloader: Any, name: str, stream: Dict[str, Any], form: Form, total: int, clip: Optional[clips.Clip] = None
) -> bool:
    from yt_dlp.downloader.hls import HlsFD

    fetcher = HlsFD(downloader.ydl, downloader.params)
    fetcher.before = (form.fragments_before, form.seconds_before)
    fetcher.total_of_whole = total
    left_out = ('requested_formats', 'section_start', 'section_end')
    info = {key: value for key, value in stream.items() if key not in left_out}
    if clip is not None:
        fetcher.clip = clip
        info['_artemis_clip'] = True
    try:
        success, _ = fetcher.download(name, {**info, 'hls_media_playlist_data': form.text, 'protocol': 'm3u8_native'})
    except (fragment_list.NotInSegments, fragment_list.BehindTheEnd):
        # Nothing of this form is left.
        return False
    return bool(success)


def _join(
    downloader: Any, tool: Any, streams: List[Dict[str, Any]], made: List[List[str]], filename: str
) -> None:
    most = max(map(len, made))
    if most > 1:
        # The worker checks whether the joined file can be decoded.
        downloader.to_screen(f'[hls] Joining {most} forms of the stream')
    joined: List[str] = []
    for number, names in enumerate(made):
        joined.append(f'{filename}.form{number}.mp4')
        if len(names) > 1:
            for name in names:
                # ffmpeg's mov demuxer (5.1 to 7.1) reports the end as the length when fragments do not begin at 0.
                tool.run_ffmpeg(name, f'{name}.plain.mp4', [*tool.stream_copy_opts(), '-f', 'mp4'])
                os.replace(f'{name}.plain.mp4', name)
            tool.concat_files(names, joined[-1])
        else:
            os.replace(names[0], joined[-1])
    if len(joined) == 1:
        os.replace(joined[0], filename)
    else:
        words = [*audio_languages.maps(streams), *audio_languages.words(downloader.params, streams)]
        whole = f'{filename}.form.mp4'
        tool.run_ffmpeg_multiple_files(joined, whole, ['-c', 'copy', *words])
        os.replace(whole, filename)
    for name in [*joined, *(name for names in made for name in names)]:
        if os.path.exists(name):
            os.remove(name)


def forms_of(text: str) -> List[Form]:
    """In order; empty when the playlist has no description, or has segments before the first one."""
    forms: List[Form] = []
    start: List[str] = []
    lines: List[str] = []
    described: Optional[str] = None
    key = ''
    sequence = fragments = 0
    seconds = first_seconds = 0.0
    first = 0
    has_media = False

    def finish() -> None:
        if described is not None and has_media:
            text_of_it = '\n'.join([*start, *lines, '#EXT-X-ENDLIST', ''])
            forms.append(Form(text_of_it, seconds - first_seconds, fragments - first, first, first_seconds))

    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith(_KEPT_AT_THE_BEGINNING):
            start.append(line)
        elif line.startswith('#EXT-X-MEDIA-SEQUENCE:'):
            sequence = int(line[22:])
        elif line.startswith('#EXT-X-MAP:'):
            if line == described:
                continue
            finish()
            if forms or described is None:
                first, first_seconds = fragments, seconds
            # yt-dlp counts the description as a segment.
            lines = [f'#EXT-X-MEDIA-SEQUENCE:{sequence - 1}', *([key] if key else []), line]
            described, has_media = line, False
        elif not line.startswith('#EXT-X-ENDLIST'):
            lines.append(line)
            if line.startswith('#EXT-X-KEY:'):
                key = line
            elif line.startswith('#EXTINF:'):
                seconds += fragment_list.number(line[8:].split(',', 1)[0]) or 0
            elif not line.startswith('#'):
                if described is None:
                    return []
                has_media = True
                sequence += 1
                fragments += 1
    finish()
    return forms
