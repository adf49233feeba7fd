"""Arms the guard as a job does and tries what is listed; prints one JSON object: case -> 'refused', 'passed' or the error."""

import asyncio
import json
import os
import socket
import sqlite3
import subprocess
import sys

engine, folder, port4, port6, python = sys.argv[1:6]
sys.path.insert(0, engine)

import control  # noqa: E402
import guard  # noqa: E402
import media_inputs  # noqa: E402

port4, port6 = int(port4), int(port6)
proxy = f'http://job:token@127.0.0.1:{port4}'
proxied = {'PATH': '/usr/bin', 'http_proxy': proxy}
outside = os.path.join(os.path.dirname(folder), 'outside-of-' + os.path.basename(folder))
os.chdir(folder)
open('victim', 'w').close()
# Looked up once, so that the guarded calls need no more imports.
asyncio.new_event_loop().close()


def tcp(address, family=socket.AF_INET):
    with socket.socket(family) as sock:
        sock.settimeout(2)
        sock.connect(address)


def datagram(method):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        if method == 'sendto':
            sock.sendto(b'x', ('127.0.0.1', port4))
        else:
            sock.sendmsg([b'x'], [], 0, ('127.0.0.1', port4))


def connect_ex():
    with socket.socket() as sock:
        sock.connect_ex(('127.0.0.1', port4))


def bind():
    with socket.socket() as sock:
        sock.bind(('127.0.0.1', 0))


def asyncio_connect():
    asyncio.run(asyncio.wait_for(asyncio.open_connection('127.0.0.1', port4), 2))


def start(*argv, env=None):
    subprocess.Popen(list(argv), env=env or {'PATH': '/usr/bin'}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).wait()


def touch(path, flags=os.O_WRONLY | os.O_CREAT):
    os.close(os.open(path, flags))


inputs = media_inputs.MediaInputs(can_restrict_connections=False, allows_https=False)
inputs.note('https://192.0.2.1/list.m3u8', 'm3u8_native')


def ffmpeg(source, env=None):
    argv = ['ffmpeg', '-i', source, 'out.ts']
    try:
        argv = inputs.confined(argv, is_ffprobe=False)
    except media_inputs.NotAllowed:
        pass
    start(*argv, env=env)


def ffprobe(*words):
    start(*inputs.confined(['ffprobe', *words], is_ffprobe=True))


REFUSED = {
    'loopback': lambda: tcp(('127.0.0.1', port4)),
    'loopback by name': lambda: tcp(('localhost', port4)),
    'empty host': lambda: tcp(('', port4)),
    'decimal host': lambda: tcp(('2130706433', port4)),
    'short host': lambda: tcp(('127.1', port4)),
    'any address': lambda: tcp(('0.0.0.0', port4)),
    'IPv6 loopback': lambda: tcp(('::1', port6), socket.AF_INET6),
    'v4-mapped loopback': lambda: tcp(('::ffff:127.0.0.1', port4), socket.AF_INET6),
    'IPv6 with a zone': lambda: tcp(('2606:4700::1', port6, 0, 1), socket.AF_INET6),
    'connect_ex': connect_ex,
    'sendto': lambda: datagram('sendto'),
    'sendmsg': lambda: datagram('sendmsg'),
    'unix socket': lambda: tcp(os.path.join(folder, 'none.sock'), socket.AF_UNIX),
    'bind': bind,
    'asyncio': asyncio_connect,
    'write outside': lambda: open(outside, 'w'),
    'write through ..': lambda: open(f'{folder}/../{os.path.basename(outside)}', 'w'),
    'append outside': lambda: open(outside, 'a'),
    'create outside': lambda: touch(outside),
    'mkdir outside': lambda: os.mkdir(outside),
    'rename out of the folder': lambda: os.rename('victim', outside),
    'remove outside': lambda: os.remove('/etc/hosts.none'),
    'chmod outside': lambda: os.chmod('/tmp', 0o777),
    'utime outside': lambda: os.utime('/tmp'),
    'truncate outside': lambda: os.truncate(outside, 0),
    'link': lambda: os.link('victim', 'second'),
    'symlink': lambda: os.symlink('/etc/passwd', 'second'),
    'chdir': lambda: os.chdir('/'),
    'fork': os.fork,
    'exec': lambda: os.execv('/bin/true', ['true']),
    'system': lambda: os.system('true'),
    'posix_spawn': lambda: os.posix_spawn('/bin/true', ['true'], {}),
    'shell': lambda: start('/bin/sh', '-c', 'true'),
    'python': lambda: start(python, '-c', ''),
    'ffmpeg elsewhere': lambda: start('/bin/../usr/bin/ffmpeg', '-version'),
    'sqlite': lambda: sqlite3.connect(':memory:'),
    'ffmpeg http without proxy': lambda: ffmpeg(f'http://127.0.0.1:{port4}/'),
    'ffmpeg http with no_proxy': lambda: ffmpeg(f'http://127.0.0.1:{port4}/', {**proxied, 'no_proxy': '*'}),
    'ffmpeg http with another proxy': lambda: ffmpeg(f'http://127.0.0.1:{port4}/', {**proxied, 'http_proxy': 'http://127.0.0.1:1'}),
    'ffmpeg concat': lambda: ffmpeg(f'concat:http://127.0.0.1:{port4}/a|x', proxied),
    'ffmpeg tcp': lambda: ffmpeg(f'tcp:127.0.0.1:{port4}', proxied),
    'ffmpeg rtmp': lambda: ffmpeg(f'rtmp://127.0.0.1:{port4}/x', proxied),
    'ffmpeg bare path': lambda: ffmpeg('victim', proxied),
    'ffmpeg file without limits': lambda: start('ffmpeg', '-i', 'file:victim', 'out.ts'),
    'ffmpeg with the limits of another input': lambda: start(
        'ffmpeg', *inputs.words_for('file:victim'), '-i', 'file:victim', '-i', 'file:other', 'out.ts'
    ),
    'ffmpeg with limits of its own': lambda: start('ffmpeg', '-protocol_whitelist', 'file,tcp', '-i', 'file:victim', 'out.ts'),
    'ffmpeg manifest by https, without a kernel for it': lambda: ffmpeg('https://192.0.2.1/list.m3u8', proxied),
    'ffprobe without limits': lambda: start('ffprobe', '-show_streams', 'file:victim'),
    'ffprobe http': lambda: start('ffprobe', *inputs.words_for('http://192.0.2.1/x'), '-show_streams', 'http://192.0.2.1/x'),
}

PASSED = {
    'write inside': lambda: open('new', 'w').close(),
    'write in a new folder': lambda: (os.mkdir('deep'), open('deep/new', 'w').close()),
    'rename inside': lambda: os.rename('new', os.path.join(folder, 'newer')),
    'the null device': lambda: open(os.devnull, 'r+b').close(),
    'read elsewhere': lambda: open('/etc/passwd').close(),
    'ffmpeg version': lambda: start('ffmpeg', '-version'),
    'ffmpeg file': lambda: ffmpeg('file:victim'),
    'ffmpeg http by our proxy': lambda: ffmpeg('http://192.0.2.1/x', proxied),
    'ffmpeg https by our proxy': lambda: ffmpeg('https://192.0.2.1/x.mp4', proxied),
    'ffprobe file': lambda: ffprobe('-show_streams', 'file:victim'),
    'ffprobe version': lambda: ffprobe('-bsfs'),
}


def attempt(action):
    try:
        action()
    except guard.Refused:
        return 'refused'
    except BaseException as error:
        return f'{type(error).__name__}: {error}'
    return 'passed'


def main():
    programs = frozenset({'ffmpeg', '/usr/bin/ffmpeg', 'ffprobe'})
    guard.arm(
        guard.Policy(
            folder=folder,
            pinned=frozenset(),
            only_pinned=False,
            programs=programs,
            media_programs=programs,
            ffprobes=frozenset({'ffprobe'}),
            inputs=inputs,
            proxy_url=proxy,
        ),
        control.Reporter(2, 'c0ffee00'),
    )
    print(
        json.dumps(
            {
                'refused': {name: attempt(action) for name, action in REFUSED.items()},
                'passed': {name: attempt(action) for name, action in PASSED.items()},
            }
        )
    )


main()
