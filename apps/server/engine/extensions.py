"""Handles media whose link does not end like media: `/play.php`, `/v1.0`, `/episode.1`.

yt-dlp takes the end of a link for the type of the file, and refuses unknown types, whatever the server says. Here the server is
asked for the type. A manifest is read as one. Everything else gets yt-dlp's own extension for an unknown type, and the
worker finds the type in the content of the file.
"""

import functools
from typing import Any, Dict, List, Optional

_UNKNOWN = 'unknown_video'
_HLS = frozenset('application/vnd.apple.mpegurl application/x-mpegurl audio/mpegurl audio/x-mpegurl'.split())
_DASH = 'application/dash+xml'
# yt-dlp allows these only for its own files beside the media.
_RESERVED = frozenset('description json meta orig part temp uncut ytdl'.split())


def install() -> None:
    """A yt-dlp with other internals still refuses such links."""
    from yt_dlp import YoutubeDL
    from yt_dlp.utils import determine_ext

    try:
        from yt_dlp.utils._utils import _UnsafeExtensionError

        allowed = _UnsafeExtensionError.ALLOWED_EXTENSIONS - _RESERVED
        process = YoutubeDL.process_video_result
    except (ImportError, AttributeError):
        return

    def is_unknown(media: Dict[str, Any]) -> bool:
        url = media.get('url')
        extension = media.get('ext') or (determine_ext(url) if isinstance(url, str) else None)
        return isinstance(extension, str) and (extension == _UNKNOWN or extension.lower() not in allowed)

    @functools.wraps(process)
    def process_video_result(self: Any, info_dict: Any, *args: Any, **kwargs: Any) -> Any:
        if info_dict.get('_type', 'video') == 'video':
            for media in list(info_dict.get('formats') or [info_dict]):
                if not isinstance(media, dict) or not is_unknown(media):
                    continue
                # For a direct link to the media, yt-dlp has asked the server already.
                streams = None if info_dict.get('direct') else _streams(self, info_dict, media)
                if streams is None:
                    media['ext'] = _UNKNOWN
                else:
                    others = [other for other in info_dict.get('formats') or () if other is not media]
                    info_dict['formats'] = [*others, *streams]
        return process(self, info_dict, *args, **kwargs)

    YoutubeDL.process_video_result = process_video_result


def _streams(downloader: Any, info: Dict[str, Any], media: Dict[str, Any]) -> Optional[List[Any]]:
    """The formats of a manifest, if the server says that the link is one; None otherwise, or when it cannot be read."""
    from yt_dlp.networking import HEADRequest

    url = media.get('url')
    is_plain = media.get('protocol') in (None, 'http', 'https')
    if not is_plain or not isinstance(url, str) or not url.startswith(('http://', 'https://')):
        return None
    try:
        response = downloader.urlopen(HEADRequest(url, headers=media.get('http_headers') or {}))
        kind = (response.get_header('content-type') or '').split(';')[0].strip().lower()
        response.close()
        reader = downloader.get_info_extractor('Generic')
        if kind in _HLS:
            return reader._extract_m3u8_formats(url, info.get('id'), 'mp4', fatal=False) or None
        if kind == _DASH:
            return reader._extract_mpd_formats(url, info.get('id'), fatal=False) or None
    except Exception:
        # Not every server answers HEAD requests; the download itself will show the type.
        return None
    return None
