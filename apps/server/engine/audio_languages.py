"""The requested languages of the sound: chooses the formats, and marks the streams of the file.

By itself yt-dlp (2026.10.26) compares a language exactly, cannot leave out a language that is not there, and writes neither
languages nor the default stream into a joined file. Here every requested language that a site has becomes a stream of
its own, the first of them the default; without any of them yt-dlp's own choice stays.
"""

import re
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence

import language_tags
from wrapping import wrap

Media = Dict[str, Any]

# Of a stream whose own sound is in another language: only its picture is used.
_SILENCED = '_artemis_silenced'
_WORDS = '_artemis_words'


def install() -> None:
    """Call before other wrappers of ffmpeg as a downloader: what they make of a download has to be marked too."""
    ffmpeg, merger = 'yt_dlp.postprocessor.ffmpeg', 'FFmpegMergerPP'
    wrap('yt_dlp.YoutubeDL', 'YoutubeDL', 'build_format_selector', _by_language)
    wrap(ffmpeg, merger, 'run', _knowing_words)
    wrap(ffmpeg, merger, 'run_ffmpeg_multiple_files', _adding_words)
    wrap('yt_dlp.downloader.external', 'FFmpegFD', 'real_download', _marking_download)


def asked(params: Any) -> List[str]:
    """The requested tags, as `argv-options.ts` passes them on; empty without the option."""
    return list(((params.get('extractor_args') or {}).get('artemis') or {}).get('audio_languages') or [])


def words(params: Any, streams: Sequence[Media]) -> List[str]:
    """Output arguments of ffmpeg that mark the sound of these streams, in their order; empty without the option."""
    if not asked(params):
        return []
    marked: List[str] = []
    for number, stream in enumerate(filter(_has_sound, streams)):
        marked += [f'-disposition:a:{number}', '0' if number else 'default']
        code = _code(stream.get('language'))
        if code is not None:
            marked += [f'-metadata:s:a:{number}', f'language={code}']
    return marked


def maps(streams: Sequence[Media]) -> List[str]:
    """Output arguments of ffmpeg that take everything of each input but sound that was not asked for."""
    kinds = [':v' if stream.get(_SILENCED) else '' for stream in streams]
    return [word for number, kind in enumerate(kinds) for word in ('-map', f'{number}{kind}')]


def _code(language: Any) -> Optional[str]:
    """Of ISO 639-2, which is what mp4 and Matroska store."""
    from yt_dlp.utils import ISO639Utils

    first = language_tags.plain(language or '').split('-')[0]
    if len(first) == 2:
        return ISO639Utils.short2long(first)
    return first if re.fullmatch('[a-z]{3}', first) else None


def _by_language(build: Callable[..., Any]) -> Callable[..., Any]:
    def run(downloader: Any, specification: Any) -> Any:
        choose = build(downloader, specification)
        tags = asked(downloader.params)
        if not tags:
            return choose
        return lambda context: _Choice(downloader, build, context).of(tags, choose)

    return run


class _Choice:
    def __init__(self, downloader: Any, build: Callable[..., Any], context: Any) -> None:
        self._downloader = downloader
        self._build = build
        self._context = context
        # The best one is the last.
        self._formats: List[Media] = list(context['formats'])

    def of(self, tags: Iterable[str], choose: Callable[..., Any]) -> List[Media]:
        sounds = filter(_has_sound, reversed(self._formats))
        offered = [media['language'] for media in sounds if media.get('language')]
        found = [language_tags.answer(tag, offered) for tag in tags]
        languages = list(dict.fromkeys(language for language in found if language is not None))
        for position, language in enumerate(languages):
            first = self._first(choose, language)
            if first is not None:
                return [self._with_others(first, languages[position + 1 :])]
        return list(choose(self._context))

    def _first(self, choose: Callable[..., Any], language: str) -> Optional[Media]:
        def fits(media: Media) -> bool:
            return not _has_sound(media) or media.get('language') == language

        chosen = self._ask(choose, list(filter(fits, self._formats)))
        if not _is_in(chosen, language):
            # The picture may be offered only together with another sound.
            usable = [media for media in self._formats if fits(media) or _has_picture(media)]
            chosen = self._ask(choose, [media if fits(media) else _silenced(media) for media in usable])
        return chosen if _is_in(chosen, language) else None

    def _with_others(self, first: Media, languages: Sequence[str]) -> Media:
        """Adds a stream for each of the other languages; sound without a picture stays one stream."""
        streams = _streams_of(first)
        is_apart = not any(_has_sound(stream) and _has_picture(stream) for stream in streams)
        # Where ffmpeg fetches a part of the media, it takes one stream of each address.
        if not any(map(_has_picture, streams)) or (self._is_section() and not is_apart):
            return first
        is_webm = any(stream.get('ext') == 'webm' for stream in streams if _has_sound(stream))
        choose = self._build(self._downloader, f'ba[ext{"" if is_webm else "!"}=webm]/ba')
        others = [self._ask(choose, [media for media in self._formats if _is_in(media, language)]) for language in languages]
        added = [other for other in others if other is not None]
        return self._joined([*streams, *added]) if added else first

    def _is_section(self) -> bool:
        return bool(getattr(self._downloader.params.get('download_ranges'), 'ranges', None))

    def _joined(self, streams: List[Media]) -> Media:
        # Names of our own: not every id can be written in a specification.
        named = [{**stream, 'format_id': f's{number}'} for number, stream in enumerate(streams)]
        params = self._downloader.params
        several = dict.fromkeys(('allow_multiple_audio_streams', 'allow_multiple_video_streams'), True)
        before = {name: params.get(name) for name in several}
        params.update(several)
        try:
            choose = self._build(self._downloader, '+'.join(stream['format_id'] for stream in named))
        finally:
            params.update(before)
        joined = self._ask(choose, named) or {}
        ids = '+'.join(str(stream.get('format_id')) for stream in streams)
        return {**joined, 'requested_formats': streams, 'format_id': ids, 'ext': self._extension(streams)}

    def _extension(self, streams: Sequence[Media]) -> str:
        """As for one sound: for several, yt-dlp takes Matroska, whatever they are."""
        from yt_dlp.utils import get_compatible_ext

        picture = next(filter(_has_picture, streams))
        preferred = (self._downloader.params.get('merge_output_format') or '').split('/')
        fitting = {
            get_compatible_ext(
                vcodecs=[picture.get('vcodec')],
                acodecs=[sound.get('acodec')],
                vexts=[picture['ext']],
                aexts=[sound['ext']],
                preferences=preferred if any(preferred) else None,
            )
            for sound in filter(_has_sound, streams)
        }
        return fitting.pop() if len(fitting) == 1 else 'mkv'

    def _ask(self, choose: Callable[..., Any], formats: List[Media]) -> Optional[Media]:
        return next(iter(choose({**self._context, 'formats': formats})), None)


def _streams_of(media: Media) -> List[Media]:
    return media.get('requested_formats') or [media]


def _is_in(media: Optional[Media], language: str) -> bool:
    return media is not None and any(
        _has_sound(stream) and stream.get('language') == language for stream in _streams_of(media)
    )


def _silenced(media: Media) -> Media:
    return {**media, 'acodec': 'none', _SILENCED: True}


def _has_sound(media: Media) -> bool:
    return media.get('acodec') != 'none'


def _has_picture(media: Media) -> bool:
    return media.get('vcodec') != 'none'


def _knowing_words(run_step: Callable[..., Any]) -> Callable[..., Any]:
    def run(step: Any, info: Media) -> Any:
        setattr(step, _WORDS, words(step._downloader.params, info['requested_formats']))
        return run_step(step, info)

    return run


def _adding_words(run_ffmpeg: Callable[..., Any]) -> Callable[..., Any]:
    def run(step: Any, inputs: Any, output: Any, options: Any, *args: Any, **named: Any) -> Any:
        return run_ffmpeg(step, inputs, output, [*options, *getattr(step, _WORDS, ())], *args, **named)

    return run


def _marking_download(download: Callable[..., Any]) -> Callable[..., Any]:
    def run(downloader: Any, filename: str, info: Media) -> Any:
        streams = info.get('requested_formats')
        marked = words(downloader.params, streams) if streams else []
        if marked:
            options = info.get('downloader_options') or {}
            arguments = [*(options.get('ffmpeg_args_out') or ()), *marked]
            info = {**info, 'downloader_options': {**options, 'ffmpeg_args_out': arguments}}
        return download(downloader, filename, info)

    return run
