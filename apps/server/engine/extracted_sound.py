"""Reports when sound is extracted without conversion: options of the conversion then have no effect."""

from typing import Any

from wrapping import Function, wrap


def install() -> None:
    wrap('yt_dlp.postprocessor.ffmpeg', 'FFmpegExtractAudioPP', 'run_ffmpeg', _telling)


def _telling(run_ffmpeg: Function) -> Function:
    def run(postprocessor: Any, path: Any, out_path: Any, codec: Any, *rest: Any) -> Any:
        if codec == 'copy':
            # The worker recognizes these words (worker/outcome/ignored-options.ts).
            postprocessor.to_screen('Copying the sound as it is')
        return run_ffmpeg(postprocessor, path, out_path, codec, *rest)

    return run
