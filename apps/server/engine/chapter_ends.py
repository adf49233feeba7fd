"""Ends chapters with their media: a site may list chapters beyond it, and an mp4 with such marks claims their length."""

from typing import Any, Dict, List

from wrapping import Function, wrap


def install() -> None:
    wrap('yt_dlp.postprocessor.ffmpeg', 'FFmpegMetadataPP', 'run', _within_the_media)


def within(chapters: List[Dict[str, Any]], seconds: float) -> List[Dict[str, Any]]:
    """The chapters that begin within the media; the last one ends with it at the latest."""
    return [
        {**chapter, 'end_time': min(chapter.get('end_time') or seconds, seconds)}
        for chapter in chapters
        if (chapter.get('start_time') or 0) < seconds
    ]


def _within_the_media(run_step: Function) -> Function:
    def run(step: Any, info: Any) -> Any:
        if getattr(step, '_add_chapters', False) and info.get('chapters'):
            seconds = step._get_real_video_duration(info['filepath'], False)
            if seconds:
                info['chapters'] = within(info['chapters'], seconds)
        return run_step(step, info)

    return run
