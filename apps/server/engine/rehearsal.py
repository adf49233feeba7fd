"""Two downloads of a page and a file from ourselves, so that what yt-dlp loads at its first download is loaded.

The page, unlike the file, makes the generic extractor load every other extractor.
"""

import contextlib
import http.server
import os
import shutil
import signal
import socket
import sys
import tempfile
from typing import Any, Dict, Iterator, List

import processes

_PAGE = b'<html><head><title>Rehearsal</title></head><body><video src="clip.mp4"></video></body></html>'
_CLIP = bytes(65536)


class Rehearsal(RuntimeError):
    """The self-test has failed: this yt-dlp cannot be kept warm."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        is_page = self.path.endswith('.html')
        body = _PAGE if is_page else _CLIP
        self.send_response(200)
        self.send_header('Content-Type', 'text/html' if is_page else 'video/mp4')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        if self.command == 'GET':
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def origin() -> Iterator[str]:
    """The host and port at which `page.html` and `clip.mp4` are served meanwhile."""
    listener = socket.create_server(('127.0.0.1', 0))
    port = listener.getsockname()[1]
    # Another process, not a thread: a process that ever had a second thread should not fork.
    host_pid = os.getpid()
    helper = os.fork()
    if helper == 0:
        _serve(listener, host_pid)
    listener.close()
    try:
        yield f'127.0.0.1:{port}'
    finally:
        os.kill(helper, signal.SIGKILL)
        os.waitpid(helper, 0)


def rehearse(params: Dict[str, Any]) -> None:
    """Raises Rehearsal when a download does not have the bytes that were served."""
    folder = tempfile.mkdtemp(prefix='rehearsal-')
    # yt-dlp says at what it stumbles on its standard output, which here is the server's.
    silent = open(os.devnull, 'w', encoding='utf-8')
    streams, sys.stdout, sys.stderr = (sys.stdout, sys.stderr), silent, silent
    try:
        with origin() as address:
            for name in ('page.html', 'clip.mp4'):
                _download(params, folder, f'http://{address}/{name}')
    finally:
        sys.stdout, sys.stderr = streams
        silent.close()
        shutil.rmtree(folder, ignore_errors=True)
        # Computed from our own environment; the next user of it is a job with another one.
        tempfile.tempdir = None


def _serve(listener: socket.socket, host_pid: int) -> None:
    try:
        processes.die_with_parent(host_pid)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.alarm(60)
        server = http.server.HTTPServer(listener.getsockname(), _Handler, bind_and_activate=False)
        server.socket.close()
        server.socket = listener
        server.serve_forever()
    finally:
        os._exit(0)


def _download(params: Dict[str, Any], folder: str, url: str) -> None:
    import yt_dlp

    name = url.rpartition('/')[2].partition('.')[0]
    errors: List[str] = []

    class Logger:
        def debug(self, _: str) -> None:
            pass

        info = warning = debug

        def error(self, message: str) -> None:
            errors.append(message)

    with yt_dlp.YoutubeDL(
        {**params, 'outtmpl': os.path.join(folder, f'{name}.%(ext)s'), 'logger': Logger(), 'proxy': ''}
    ) as downloader:
        downloader.download([url])
    path = os.path.join(folder, f'{name}.mp4')
    if errors or not os.path.isfile(path) or os.path.getsize(path) != len(_CLIP):
        raise Rehearsal(f'the rehearsal of {name} failed: {"; ".join(errors) or "no file"}')
