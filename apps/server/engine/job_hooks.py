"""Installs all wrappers of the user's yt_dlp that are the same for every job.

A warm host installs them for all its jobs: replacing a method of a class with two thousand subclasses writes to all of them,
and in a job each first write to a page copies it.
"""

from typing import Callable

import answer_limits
import audio_languages
import chapter_ends
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
import original_sound
import resuming
import steps
from control import Reporter
from settings import Settings

# Standard output, which in a job is its connection.
reporter = Reporter(1, '')


def install(settings: Settings) -> None:
    """Call once per process. Raises any exception when this yt_dlp cannot be wrapped; no job may run with it then."""
    answer_limits.install(reporter)
    optional_parts.install(reporter)
    _unless_unknown(lambda: failures.install(reporter))
    exhaustion.install()
    resuming.install()
    extensions.install()
    extracted_sound.install()
    chapter_ends.install()
    media_inputs.install()
    manifests.install()
    original_sound.install()
    audio_languages.install()
    _unless_unknown(lambda: steps.install(reporter))
    if _unless_unknown(lambda: fragments.install(reporter)):
        _unless_unknown(clips.install)
        _unless_unknown(forms.install)
    # After `fragments`, whose wrapper of the appending does not always call the wrapped function.
    head_checks.install(settings, reporter)
    # After all other wrappers of ffmpeg as a downloader.
    live_streams.install(reporter)


def _unless_unknown(install_part: Callable[[], None]) -> bool:
    try:
        install_part()
    except Exception:
        # A yt-dlp with other internals keeps its own behaviour.
        return False
    return True
