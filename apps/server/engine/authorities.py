"""Certificate authorities that the owner trusts besides those of the system (CA_FILE), for yt-dlp's own connections."""

from typing import Any, Callable

from settings import Settings


def install(settings: Settings) -> None:
    """Call before a context is prepared for all jobs. Raises any exception when this yt_dlp makes its contexts elsewhere."""
    path = settings.authorities
    if path is None:
        return
    from yt_dlp.networking import common

    original: Callable[..., Any] = common.make_ssl_context

    def make_ssl_context(*args: Any, **options: Any) -> Any:
        context = original(*args, **options)
        if options.get('verify', True):
            context.load_verify_locations(cafile=path)
        return context

    common.make_ssl_context = make_ssl_context
