"""Which ffmpeg yt-dlp uses, and how it learns the versions of its tools.

By itself yt-dlp starts each tool to ask for its version, up to 70 ms a tool and job, and takes one that gives no answer
for one that is not there: the job fails for want of ffmpeg, or takes a lesser format in silence. The server has asked
our tools before, so one of them that is killed meanwhile is asked again. And of one that is killed at work it repeats the
last line, or finds none and fails at that: the signal is said here.
"""

import inspect
from typing import Any, Callable, Dict, List

from settings import Settings

_ASKED_AT_MOST = 5


def install(settings: Settings) -> None:
    """Answers are kept, for the jobs forked from this process as well. Raises anything with a yt-dlp it does not know."""
    _use_ours(settings)
    _insist_on_answers(settings)
    _say_signals()


def _use_ours(settings: Settings) -> None:
    """Without this yt-dlp looks on PATH for the usual names; FFMPEG_PATH and FFPROBE_PATH may have others."""
    from yt_dlp.postprocessor.ffmpeg import FFmpegPostProcessor

    original = FFmpegPostProcessor._determine_executables
    named = {'ffmpeg': settings.ffmpeg, 'ffprobe': settings.ffprobe}
    ours = {name: path for name, path in named.items() if path}

    def determine_executables(self: Any) -> Dict[str, str]:
        return {**original(self), **ours}

    FFmpegPostProcessor._determine_executables = determine_executables


def _insist_on_answers(settings: Settings) -> None:
    from yt_dlp.postprocessor import ffmpeg
    from yt_dlp.utils import _jsruntime

    for module in (ffmpeg, _jsruntime):
        original = module._get_exe_version_output
        if 'exe' not in inspect.signature(original).parameters:
            raise LookupError
        module._get_exe_version_output = _insisting(original, settings.tools())


def _insisting(original: Callable[..., Any], tools: List[str]) -> Callable[..., Any]:
    answers: Dict[Any, Any] = {}

    def get_exe_version_output(exe: str, args: List[str], *rest: Any, **options: Any) -> Any:
        if exe not in tools:
            return original(exe, args, *rest, **options)
        key = (exe, *args)
        for _ in range(_ASKED_AT_MOST):
            if answers.get(key):
                break
            answers[key] = original(exe, args, *rest, **options)
        return answers[key]

    return get_exe_version_output


def _say_signals() -> None:
    from yt_dlp.postprocessor import ffmpeg

    class Popen(ffmpeg.Popen):
        @classmethod
        def run(cls, *args: Any, **named: Any) -> Any:
            stdout, stderr, code = super().run(*args, **named)
            if code < 0 and isinstance(stderr, str):
                stderr += f'\nffmpeg exited with code {code}'
            return stdout, stderr, code

    ffmpeg.Popen = Popen
