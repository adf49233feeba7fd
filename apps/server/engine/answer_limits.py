"""Limits the size of pages, manifests and subtitles, in bytes after decompression.

Media is written to disk as it arrives, where the file size limit applies. A page is read as a whole, and compressed to a
thousandth of its size it could fill the memory of a job.
"""

import functools
import importlib
import zlib
from typing import Any, List

from control import Reporter
from wrapping import Function, wrap

# Pages and manifests of real sites are smaller than 20 MiB. The worker recognizes the sentence (failure-rules.ts).
LIMIT_BYTES = 64 * 1024 * 1024
_SENTENCE = f'The answer is larger than {LIMIT_BYTES >> 20} MiB, which no page, manifest, subtitle or picture is'
# urllib3 before 2.6 decompresses everything that it reads at once, up to a thousandfold.
_BLOCK_BYTES = 64 * 1024


def install(reporter: Reporter) -> None:
    limits = _Limits(reporter)
    for module, name in (('_urllib', 'UrllibResponseAdapter'), ('_requests', 'RequestsResponseAdapter')):
        try:
            wrap(f'yt_dlp.networking.{module}', name, 'read', limits.on_reading)
        except ImportError:
            # The library of this adapter is not installed.
            continue
    handler = getattr(importlib.import_module('yt_dlp.networking._urllib'), 'HTTPHandler', None)
    if handler is None or not hasattr(handler, 'http_response'):
        return
    handler.http_response = handler.https_response = limits.before_unpacking(handler.http_response)
    for name, unpack in (('gz', limits.gunzip), ('deflate', limits.inflate)):
        if hasattr(handler, name):
            setattr(handler, name, staticmethod(unpack))


class _Limits:
    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter

    def on_reading(self, read: Function) -> Function:
        def run(response: Any, amt: Any = None) -> bytes:
            if amt is None or amt < 0:
                return self._whole(read, response)
            block: bytes = read(response, amt)
            if self._reporter.optional:
                response.bytes_read = getattr(response, 'bytes_read', 0) + len(block)
                if response.bytes_read > LIMIT_BYTES:
                    response.close()
                    raise self._too_large()
            return block

        return run

    def before_unpacking(self, http_response: Function) -> Function:
        """yt-dlp's handler for urllib decompresses a response before anybody has read from it."""

        @functools.wraps(http_response)
        def run(handler: Any, request: Any, response: Any) -> Any:
            if response.headers.get('Content-Encoding'):
                read = response.read

                def read_limited() -> bytes:
                    body: bytes = read(LIMIT_BYTES + 1)
                    if len(body) > LIMIT_BYTES:
                        raise self._too_large()
                    return body

                response.read = read_limited
            return http_response(handler, request, response)

        return run

    def gunzip(self, data: bytes) -> bytes:
        return self._unpacked(data, zlib.MAX_WBITS | 16) if data else data

    def inflate(self, data: bytes) -> bytes:
        if not data:
            return data
        try:
            return self._unpacked(data, -zlib.MAX_WBITS)
        except zlib.error:
            return self._unpacked(data, zlib.MAX_WBITS)

    def _whole(self, read: Function, response: Any) -> bytes:
        length = response.get_header('content-length') or ''
        if length.isdigit() and response.get_header('content-encoding') is None:
            if int(length) > LIMIT_BYTES:
                raise self._too_large()
            # Only a read without a size reports that fewer bytes came than promised.
            whole: bytes = read(response)
            return whole
        blocks: List[bytes] = []
        total = 0
        while True:
            block = read(response, _BLOCK_BYTES)
            if not block:
                return b''.join(blocks)
            total += len(block)
            if total > LIMIT_BYTES:
                response.close()
                raise self._too_large()
            blocks.append(block)

    def _unpacked(self, data: bytes, window_bits: int) -> bytes:
        unpacker = zlib.decompressobj(window_bits)
        unpacked = unpacker.decompress(data, LIMIT_BYTES + 1)
        if len(unpacked) > LIMIT_BYTES:
            raise self._too_large()
        if not unpacker.eof:
            raise zlib.error('incomplete or truncated stream')
        return unpacked

    def _too_large(self) -> Exception:
        from yt_dlp.networking.exceptions import RequestError, TransportError

        # A downloader would retry after a TransportError; extractors expect no other kind of error.
        return RequestError(_SENTENCE) if self._reporter.optional else TransportError(_SENTENCE)
