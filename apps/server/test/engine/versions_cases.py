"""Asks for the version of an ffmpeg that is killed the first time; prints what is known of it then, and what a job finds."""

import json
import sys

engine, path, ffmpeg = sys.argv[1:4]
sys.path.insert(0, engine)
if path:
    sys.path.insert(1, path)

import shortcuts  # noqa: E402
import warm  # noqa: E402
import yt_dlp  # noqa: E402
from settings import Settings  # noqa: E402
from yt_dlp.postprocessor.ffmpeg import FFmpegPostProcessor  # noqa: E402

fields = {'socket': '/nowhere', 'tier': 'warm', 'engine': {'kind': 'module', 'path': path or None}, 'parent_pid': 1}
shortcuts.remember_versions(Settings(json.dumps({**fields, 'ffmpeg_path': ffmpeg}).encode()))
params = {'ffmpeg_location': ffmpeg, 'quiet': True}


def is_found():
    with yt_dlp.YoutubeDL(params, auto_init=False) as downloader:
        return bool(FFmpegPostProcessor(downloader)._versions.get('ffmpeg'))


warm._ask_versions(params)
print(json.dumps({'after_a_kill': is_found(), 'then': is_found()}))
