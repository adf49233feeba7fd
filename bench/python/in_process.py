"""Downloads in one warm process, each with a YoutubeDL of its own, as options differ from download to download.

With `--shared` all go through one YoutubeDL, whose options nobody can change: the least that yt_dlp itself can cost.
A line in: a JSON object with `url` and `folder`. A line out: the time just before the call and just after it, in
milliseconds of CLOCK_MONOTONIC.
"""

import json
import sys
import time
from typing import Any, Dict, Optional

import yt_dlp


def options(folder: str) -> Dict[str, Any]:
    return {
        'quiet': True,
        'noprogress': True,
        'no_warnings': True,
        'overwrites': True,
        'outtmpl': folder + '/%(id)s.%(ext)s',
    }


def main() -> None:
    shared: Optional[yt_dlp.YoutubeDL] = None
    is_shared = '--shared' in sys.argv
    for line in sys.stdin:
        asked = json.loads(line)
        if is_shared and shared is None:
            shared = yt_dlp.YoutubeDL(options(asked['folder']))
        started = time.monotonic()
        if shared is not None:
            shared.extract_info(asked['url'], download=True)
        else:
            with yt_dlp.YoutubeDL(options(asked['folder'])) as downloader:
                downloader.extract_info(asked['url'], download=True)
        ended = time.monotonic()
        print(json.dumps([started * 1000, ended * 1000]), flush=True)


main()
