"""Downloads from a site whose picture and subtitle come a byte at a time, for ever; prints what came out as JSON."""

import http.server
import json
import os
import sys
import tempfile
import threading
import time

engine, path = sys.argv[1:3]
sys.path.insert(0, engine)
if path:
    sys.path.insert(1, path)

import optional_parts  # noqa: E402
import yt_dlp  # noqa: E402
from control import Reporter  # noqa: E402

CLIP = bytes(100_000)
optional_parts._LONGEST_SECONDS = 1.0
optional_parts.install(Reporter(os.open(os.devnull, os.O_WRONLY), '0' * 24))


class Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Type', 'application/octet-stream')
        if self.path == '/clip.mp4':
            self.send_header('Content-Length', str(len(CLIP)))
            self.end_headers()
            self.wfile.write(CLIP)
            return
        self.end_headers()
        try:
            while True:
                self.wfile.write(b' ')
                self.wfile.flush()
                time.sleep(0.2)
        except OSError:
            pass

    def log_message(self, *_):
        pass


warnings = []


class Logger:
    def debug(self, _):
        pass

    def warning(self, message):
        warnings.append(message)

    def error(self, message):
        warnings.append(f'ERROR: {message}')


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Site)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
origin = f'http://127.0.0.1:{server.server_port}'
with tempfile.TemporaryDirectory() as folder:
    info = {
        'id': 'x',
        'title': 'x',
        'ext': 'mp4',
        'url': f'{origin}/clip.mp4',
        'thumbnails': [{'url': f'{origin}/picture.jpg', 'id': '0'}],
        'subtitles': {'en': [{'url': f'{origin}/en.vtt', 'ext': 'vtt'}]},
        'extractor': 'x',
        'extractor_key': 'X',
        'webpage_url': origin,
    }
    params = {'writethumbnail': True, 'writesubtitles': True, 'outtmpl': f'{folder}/media.%(ext)s', 'proxy': ''}
    with yt_dlp.YoutubeDL({**params, 'logger': Logger(), 'retries': 5}) as downloader:
        downloader.process_ie_result(info, download=True)
        status = downloader._download_retcode
    print(json.dumps({'files': sorted(os.listdir(folder)), 'status': status, 'warnings': warnings}))
os._exit(0)
