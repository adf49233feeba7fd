"""Every listed fragment exactly once, or an answer that says which are missing.

yt-dlp (2026.10.26) records how many fragments it has appended, but with several at a time the number is that of the
last one fetched; it never compares it with the file; and what it then continues is short of some fragments or has
them twice. Here the record is made of what was appended: its index together with the length of the file after it,
written when the bytes are in the file and put in place in one step. What is longer when a download is continued was
appended without a record, and is cut off.

A fragment that cannot be had is not the end at once: the others are fetched first, so that the answer is the same
however many are fetched at a time, and an attempt that follows has only those to fetch.
"""

import functools
import inspect
import os
import re
import threading
from typing import Any, Callable, Dict, List, Optional

import fragment_check
import fragment_list
import records
from control import Reporter
from fragment_state import KEY, Failed, State, TooMany

_GONE = (404, 410, 416)
_UNUSUAL_KEY = re.compile(r'#EXT-X-KEY:(.*,)?METHOD=(?!NONE|AES-128)')
_LISTS_FILE = 'lists.json'
# The worker knows this name: what lies beside it has holes, and no attempt that wants all of it may continue from it.
_LOST_FILE = 'lost.json'

_KNOWN = {
    '_prepare_and_start_frag_download': ['self', 'ctx', 'info_dict'],
    '_write_ytdl_file': ['self', 'ctx'],
    '_append_fragment': ['self', 'ctx', 'frag_content'],
    '_download_fragment': ['self', 'ctx', 'frag_url', 'info_dict'],
    '_finish_frag_download': ['self', 'ctx', 'info_dict'],
    'download_and_append_fragments': ['self', 'ctx', 'fragments', 'info_dict'],
}


def tell_known_holes(reporter: Reporter) -> None:
    """Of an earlier attempt, in the folder of this job."""
    for name, found in records.read(_LISTS_FILE).items():
        reporter.report({'control': 'listed', 'file': name, **found})
    for name, lost in records.read(_LOST_FILE).items():
        reporter.report({'control': 'missing', 'file': name, **{key: lost[key] for key in lost if key != 'begin'}})


def install(reporter: Reporter) -> None:
    """Raises any exception for an unknown yt-dlp, before anything is changed."""
    from yt_dlp.downloader.fragment import FragmentFD, HttpQuietDownloader
    from yt_dlp.downloader.hls import HlsFD
    from yt_dlp.postprocessor.ffmpeg import FFmpegMergerPP

    for name, parameters in _KNOWN.items():
        if list(inspect.signature(getattr(FragmentFD, name)).parameters)[: len(parameters)] != parameters:
            raise LookupError(name)
    playlists = threading.local()
    errors = threading.local()
    FragmentFD._write_ytdl_file = _recording(FragmentFD._write_ytdl_file)
    FragmentFD._append_fragment = _appending(FragmentFD._append_fragment)
    FragmentFD._prepare_and_start_frag_download = _preparing(
        FragmentFD._prepare_and_start_frag_download, playlists, errors, reporter
    )
    FragmentFD._download_fragment = _fetching(FragmentFD._download_fragment, errors)
    FragmentFD.download_and_append_fragments = _all_of_them(FragmentFD.download_and_append_fragments)
    FragmentFD._finish_frag_download = _finishing(FragmentFD._finish_frag_download, reporter)
    HttpQuietDownloader.report_retry = _noting(HttpQuietDownloader.report_retry, errors)
    HlsFD.can_download = _remembering(HlsFD.can_download, playlists)
    HlsFD.real_download = _naming_encryption(HlsFD.real_download, playlists)
    FFmpegMergerPP.run_ffmpeg_multiple_files = _merging(FFmpegMergerPP.run_ffmpeg_multiple_files)


def _remembering(can_download: Callable[..., Any], playlists: Any) -> Any:
    """Wraps the only function that gets the text of a playlist."""

    def run(cls: Any, manifest: str, *args: Any, **named: Any) -> Any:
        playlists.text = manifest
        return can_download(manifest, *args, **named)

    return classmethod(run)


def _naming_encryption(real_download: Callable[..., Any], playlists: Any) -> Callable[..., Any]:
    """yt-dlp (2026.10.26) leaves such a stream to ffmpeg, as it does a live one, and says the same of both."""

    @functools.wraps(real_download)
    def run(downloader: Any, filename: str, info: Any) -> Any:
        warn = downloader.report_warning

        def report_warning(message: Any, *args: Any, **named: Any) -> Any:
            if 'extraction will be delegated' in message and _UNUSUAL_KEY.search(getattr(playlists, 'text', '')):
                downloader.to_screen('[hls] The samples of this stream are encrypted')
            return warn(message, *args, **named)

        downloader.report_warning = report_warning
        return real_download(downloader, filename, info)

    return run


def _noting(report_retry: Callable[..., Any], errors: Any) -> Callable[..., Any]:
    """Keeps the error of a fragment that could not be fetched; yt-dlp only returns False."""

    @functools.wraps(report_retry)
    def run(downloader: Any, error: Any, *args: Any, **named: Any) -> Any:
        errors.last = error
        return report_retry(downloader, error, *args, **named)

    return run


def _quoting(report_error: Callable[..., Any], errors: Any) -> Callable[..., Any]:
    def run(message: Any, *args: Any, **named: Any) -> Any:
        errors.said = str(message)
        return report_error(message, *args, **named)

    return run


def _preparing(prepare: Callable[..., Any], playlists: Any, errors: Any, reporter: Reporter) -> Callable[..., Any]:
    from yt_dlp.downloader.dash import DashSegmentsFD
    from yt_dlp.downloader.hls import HlsFD

    @functools.wraps(prepare)
    def run(downloader: Any, ctx: Any, info: Any) -> Any:
        part = downloader.temp_name(ctx['filename'])
        is_recorded = ctx.get('live') is not True and part not in ('-', ctx['filename'])
        if not is_recorded or downloader.params.get('_no_ytdl_file'):
            return prepare(downloader, ctx, info)
        listed: List[fragment_list.Listed] = []
        text = ''
        if isinstance(downloader, HlsFD):
            text = playlists.__dict__.pop('text', '')
            listed = fragment_list.of_playlist(text, info.get('format_index'))
        elif isinstance(downloader, DashSegmentsFD):
            listed = fragment_list.of_fragments(info.get('fragments'))
        clip = getattr(downloader, 'clip', None)
        wanted = None if clip is None else clip.choose(listed)
        if wanted is not None:
            ctx['total_frags'] = len(wanted)
        total = ctx.get('total_frags')
        which = None if wanted is None else sorted(wanted)
        outline = fragment_list.outline(listed, total, which, info.get('format_id'))
        state = State(listed, outline, total)
        state.wanted = wanted
        state.before = getattr(downloader, 'before', state.before)
        state.total_of_whole = getattr(downloader, 'total_of_whole', None)
        # A person has chosen to keep incomplete media.
        state.is_kept = downloader.params.get('skip_unavailable_fragments', True)
        ctx[KEY] = state
        _continue(downloader, ctx['filename'], part, state)
        # Each period of DASH begins with an initialisation, and may have a clock of its own.
        has_breaks = fragment_list.has_breaks(text) or sum(entry.seconds is None for entry in listed) > 1
        _tell_list(ctx['filename'], state, has_breaks, reporter)
        started = prepare(downloader, ctx, info)
        fetcher = ctx['dl']
        fetcher.report_error = _quoting(fetcher.report_error, errors)
        if isinstance(downloader, (HlsFD, DashSegmentsFD)) and not ctx.get('live'):
            # Of those that it passes over yt-dlp counts neither the media sequence, which is the vector of AES, nor
            # the end of the byte range. So all are listed, and those in the file are left out afterwards.
            ctx['fragment_index'] = 0
        return started

    return run


def _continue(downloader: Any, filename: str, part: str, state: State) -> None:
    """Brings the file to what the record says; what has no record, or one of another list, is begun anew."""
    path = downloader.ytdl_filename(filename)
    record = records.read(path)
    ours = record.get(KEY)
    size = os.path.getsize(part) if os.path.isfile(part) else 0
    is_ours = isinstance(ours, dict) and ours.get('outline') == state.outline
    lost = ours.get('lost', []) if is_ours else []
    is_continued = is_ours and (state.is_kept or not lost) and downloader.params.get('continuedl', True)
    _drop_fragments(part, is_continued, state.total == 1)
    if is_continued and 0 < ours['length'] <= size:
        os.truncate(part, ours['length'])
        state.appended = record['downloader']['current_fragment']['index']
        state.length = ours['length']
        state.missing = set(lost)
        return
    for stale in (part, path):
        if os.path.exists(stale):
            os.remove(stale)


def _drop_fragments(part: str, is_continued: bool, is_alone: bool) -> None:
    """Those of another list, and those that are not whole: they are small, and the site may have others by now."""
    folder, name = os.path.split(part)
    for other in os.listdir(folder or '.'):
        is_whole = not other.endswith('.part') or is_alone
        if other.startswith(f'{name}-Frag') and not (is_continued and is_whole):
            os.remove(os.path.join(folder, other))


def _recording(write: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(write)
    def run(downloader: Any, ctx: Any) -> Any:
        state: Optional[State] = ctx.get(KEY)
        if state is None:
            return write(downloader, ctx)
        kept: Dict[str, Any] = {'current_fragment': {'index': state.appended}}
        for name in ('extra_state', 'fragment_count'):
            if ctx.get(name) is not None:
                kept[name] = ctx[name]
        ours: Dict[str, Any] = {'length': state.length, 'outline': state.outline}
        if state.is_kept and state.missing:
            # Those behind what is appended are tried again.
            ours['lost'] = sorted(index for index in state.missing if index < state.appended)
        records.write(downloader.ytdl_filename(ctx['filename']), {'downloader': kept, KEY: ours})

    return run


def _appending(append: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(append)
    def run(downloader: Any, ctx: Any, content: bytes) -> Any:
        state: Optional[State] = ctx.get(KEY)
        if state is None:
            return append(downloader, ctx, content)
        name = ctx.pop('fragment_filename_sanitized')
        if state.has_hole():
            # Its file stays for the attempt that finds the missing one.
            return
        index = ctx['fragment_index'] if state.current is None else state.current
        if state.is_kept and index in state.lost():
            downloader.try_remove(name)
            return
        if fragment_check.is_other_media(state, index, content):
            downloader.try_remove(name)
            state.lose(index)
            return
        stream = ctx['dest_stream']
        stream.write(content)
        stream.flush()
        state.appended = index
        state.length = stream.tell()
        downloader._write_ytdl_file(ctx)
        if not downloader.params.get('keep_fragments', False):
            downloader.try_remove(name)

    return run


def _all_of_them(download: Callable[..., Any]) -> Callable[..., Any]:
    from yt_dlp.utils import MEDIA_EXTENSIONS, DownloadError

    media_extensions = frozenset((*MEDIA_EXTENSIONS.video, *MEDIA_EXTENSIONS.audio))

    @functools.wraps(download)
    def run(downloader: Any, ctx: Any, fragments: Any, info: Any, **options: Any) -> Any:
        state: Optional[State] = ctx.get(KEY)
        if state is None:
            return download(downloader, ctx, fragments, info, **options)
        pack = options.get('pack_func') or (lambda content, _: content)

        def packing(content: bytes, index: int) -> bytes:
            state.current = index
            return pack(content, index)

        options['pack_func'] = packing
        if ctx.get('live'):
            return download(downloader, ctx, fragments, info, **options)
        every = list(fragments)
        if len(state.listed) != len(every):
            if state.wanted is not None:
                raise fragment_list.NotInSegments
            state.listed = []
        gaps, wanted = state.gaps(), state.wanted
        left = [entry for entry in every if entry['frag_index'] > state.appended and entry['frag_index'] not in gaps]
        left = [entry for entry in left if wanted is None or entry['frag_index'] in wanted]
        state.is_strict = True
        state.is_media = info.get('ext') in media_extensions
        state.retries = downloader.params.get('fragment_retries') or 0
        state.fragments = {entry['frag_index']: entry for entry in left}
        state.decrypt = downloader.decrypter(info)
        # A missing fragment is skipped here and reported at the end.
        downloader.params = {**downloader.params, 'skip_unavailable_fragments': True}
        options['is_fatal'] = lambda _: False
        try:
            return download(downloader, ctx, left, info, **options)
        except TooMany:
            return downloader._finish_frag_download(ctx, info)
        except Failed as failed:
            ctx['dest_stream'].close()
            if isinstance(failed.error, DownloadError):
                raise failed.error from None
            if failed.error is not None:
                downloader.report_error(f'fragment {failed.index}: {failed.error}')
            return False

    return run


def _fetching(fetch: Callable[..., Any], errors: Any) -> Callable[..., Any]:
    from yt_dlp.networking.exceptions import HTTPError, IncompleteRead
    from yt_dlp.utils import ContentTooShortError, DownloadError

    class NoMedia(IncompleteRead):
        """An error after which yt-dlp tries the fragment again."""

        def __init__(self, problem: str) -> None:
            super().__init__(0)
            self.msg = problem
            self.args = (problem,)

        def __str__(self) -> str:
            return self.msg

    @functools.wraps(fetch)
    def run(downloader: Any, ctx: Any, url: Any, info: Any, *args: Any, **named: Any) -> Any:
        state: Optional[State] = ctx.get(KEY)
        if state is None or not state.is_strict:
            return fetch(downloader, ctx, url, info, *args, **named)
        index = ctx['fragment_index']
        errors.last, errors.said = None, ''
        # A thread begins with a copy of what the others work on, and would answer with the file of another fragment.
        ctx.pop('fragment_filename_sanitized', None)
        failure: Optional[Exception] = None
        is_there = False
        again: Exception
        try:
            is_there = fetch(downloader, ctx, url, info, *args, **named)
        except (HTTPError, IncompleteRead, DownloadError) as error:
            failure = error
        if is_there:
            problem = fragment_check.problem_of(state, index, ctx['fragment_filename_sanitized'])
            if problem is None:
                return True
            downloader.try_remove(ctx.pop('fragment_filename_sanitized'))
            again = NoMedia(f'fragment {index} {problem}')
        elif isinstance(failure, (HTTPError, IncompleteRead)):
            again = failure
        elif 'Did not get any data blocks' in errors.said:
            again = NoMedia(f'fragment {index} is empty')
        elif isinstance(errors.last, (ContentTooShortError, IncompleteRead)):
            # yt-dlp has tried it again by itself, and continued each time.
            state.lose(index)
            return False
        else:
            raise Failed(index, failure)
        # The progress hook counts a fragment that is fetched twice as two.
        ctx['fragment_index'] = index
        # One that was whole and not yet renamed when a job was killed is asked for what follows it, again and again.
        downloader.try_remove(downloader.temp_name(f'{ctx["tmpfilename"]}-Frag{index}'))
        if state.try_again(index):
            raise again
        if isinstance(again, HTTPError) and again.status not in _GONE:
            raise Failed(index, again)
        state.lose(index)
        return False

    return run


def _finishing(finish: Callable[..., Any], reporter: Reporter) -> Callable[..., Any]:
    @functools.wraps(finish)
    def run(downloader: Any, ctx: Any, info: Any) -> Any:
        state: Optional[State] = ctx.get(KEY)
        if state is None or not state.missing:
            return finish(downloader, ctx, info)
        inits = state.lost_inits()
        lost = state.lost() - set(inits)
        places = state.places(lost)
        found = {'count': len(lost), 'total': state.count(), 'is_more': state.is_more, 'places': places}
        found['inits'] = state.places(inits)
        reporter.report({'control': 'missing', 'file': ctx['filename'], **found})
        if state.is_kept:
            begin = fragment_list.start_of(state.listed, state.first_there()) or 0
            records.write(_LOST_FILE, {**records.read(_LOST_FILE), ctx['filename']: {**found, 'begin': begin}})
            clip = getattr(downloader, 'clip', None)
            if clip is not None:
                clip.choose(state.listed, state.lost())
            return finish(downloader, ctx, info)
        ctx['dest_stream'].close()
        numbers = ', '.join(str(place['index']) for place in places)
        downloader.report_error(f'Fragments are missing ({len(lost)} of {state.count()}): {numbers}')
        return False

    return run


def _merging(merge: Callable[..., Any]) -> Callable[..., Any]:
    """ffmpeg starts all streams together, so a stream without its first fragments would be ahead of the others."""

    @functools.wraps(merge)
    def run(tool: Any, paths: Any, *args: Any, **named: Any) -> Any:
        begins = {os.path.basename(name): lost.get('begin') or 0 for name, lost in records.read(_LOST_FILE).items()}
        late = [begins.get(os.path.basename(path), 0) for path in paths]
        if not any(late):
            return merge(tool, paths, *args, **named)
        out, options = args
        inputs = [(path, ['-itsoffset', f'{begin:.6f}'] if begin else []) for path, begin in zip(paths, late)]
        return tool.real_run_ffmpeg(inputs, [(out, options)], **named)

    return run


def _tell_list(filename: str, state: State, has_breaks: bool, reporter: Reporter) -> None:
    """What is unusual is kept as well: an attempt that finds the stream whole does not read the playlist again."""
    gaps = state.gaps()
    found = {
        'count': len(gaps),
        'total': state.count(),
        'places': state.places(gaps),
        'breaks': has_breaks,
        'seconds': fragment_list.seconds_of(state.listed, state.wanted),
    }
    reporter.report({'control': 'listed', 'file': filename, **found})
    known = records.read(_LISTS_FILE)
    if gaps or has_breaks or filename in known:
        records.write(_LISTS_FILE, {**known, filename: found})
