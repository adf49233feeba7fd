"""Everything that is wrapped around the user's own yt_dlp and is the same for every job.

A warm host does it for all its jobs: setting a function of a class with two thousand heirs writes to all of them, and
in a job each first write copies a page.
"""

from typing import Callable

import answer_limits
import clips
import exhaustion
import extensions
import extracted_sound
import failures
import forms
import fragments
import head_checks
import live_streams
import manifests
import media_inputs
import optional_parts
import resuming
import steps
from control import Reporter
from settings import Settings

# Standard output, which in a job is its connection.
reporter = Reporter(1, '')


def install(settings: Settings) -> None:
    """Once in a process. Raises anything with a yt_dlp that cannot be wrapped: then no job may run with it."""
    answer_limits.install(reporter)
    optional_parts.install(reporter)
    _unless_unknown(lambda: failures.install(reporter))
    exhaustion.install()
    resuming.install()
    extensions.install()
    extracted_sound.install()
    media_inputs.install()
    manifests.install()
    _unless_unknown(steps.install)
    if _unless_unknown(lambda: fragments.install(reporter)):
        _unless_unknown(clips.install)
        _unless_unknown(forms.install)
    # Around the appending of fragments, which does not always call what it is wrapped around.
    head_checks.install(settings, reporter)
    # Around what else is wrapped around ffmpeg as a downloader.
    live_streams.install(reporter)


def _unless_unknown(install_part: Callable[[], None]) -> bool:
    try:
        install_part()
    except Exception:
        # A yt-dlp that is built differently does it in its own way.
        return False
    return True
