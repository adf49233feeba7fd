"""Names for media whose link does not end like media: `/play.php`, `/v1.0`, `/episode.1`.

yt-dlp takes the end of a link for the kind of the file, and refuses one that it does not know, whatever the server says
of it. Such media get its own word for "not known" instead; what they are is found in the file.
"""

import functools
from typing import Any, Dict

_UNKNOWN = 'unknown_video'
# Allowed by yt-dlp, but for files of its own beside the media.
_RESERVED = frozenset('description json meta orig part temp uncut ytdl'.split())


def install() -> None:
    """A version that is built differently refuses them as ever."""
    from yt_dlp import YoutubeDL
    from yt_dlp.utils import determine_ext

    try:
        from yt_dlp.utils._utils import _UnsafeExtensionError

        allowed = _UnsafeExtensionError.ALLOWED_EXTENSIONS - _RESERVED
        process = YoutubeDL.process_video_result
    except (ImportError, AttributeError):
        return

    def name(media: Dict[str, Any]) -> None:
        url = media.get('url')
        extension = media.get('ext') or (determine_ext(url) if isinstance(url, str) else None)
        if isinstance(extension, str) and extension.lower() not in allowed:
            media['ext'] = _UNKNOWN

    @functools.wraps(process)
    def process_video_result(self: Any, info_dict: Any, *args: Any, **kwargs: Any) -> Any:
        if info_dict.get('_type', 'video') == 'video':
            for media in info_dict.get('formats') or [info_dict]:
                if isinstance(media, dict):
                    name(media)
        return process(self, info_dict, *args, **kwargs)

    YoutubeDL.process_video_result = process_video_result
