#!/usr/bin/python3 -I
"""Stands in the place of ffmpeg or a JavaScript runtime: writes into `report.json` what the kernel lets it do.

Reads arguments as `@name=value`: `proxy` and `canary` are ports, `secret` and `server` as for rogue.py.
"""

import errno
import json
import os
import socket
import sys

given = dict(word[1:].split('=', 1) for word in sys.argv if word.startswith('@'))
if not given:
    print('ffmpeg version 7.1')
    sys.exit()


def attempt(action):
    try:
        action()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    return 0


def connect(port, kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as made:
        made.settimeout(5)
        made.connect(('127.0.0.1', port))
        if kind == socket.SOCK_DGRAM:
            made.send(b'x')


def listen():
    with socket.socket() as made:
        made.bind(('127.0.0.1', 0))
        made.listen()


report = {
    'proxy': attempt(lambda: connect(int(given['proxy']))),
    'elsewhere': attempt(lambda: connect(int(given['canary']))),
    'datagram': attempt(lambda: connect(int(given['canary']), socket.SOCK_DGRAM)),
    'unix': attempt(lambda: socket.socket(socket.AF_UNIX).close()),
    'listen': attempt(listen),
    'secret': attempt(lambda: open(given['secret']).close()),
    'signal': attempt(lambda: os.kill(int(given['server']), 0)),
    'memory': attempt(lambda: open(f'/proc/{os.getppid()}/mem', 'rb').close()),
    'variables': sorted(os.environ),
}
with open('report.json', 'w', encoding='utf-8') as file:
    json.dump(report, file)
