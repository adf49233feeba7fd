"""Runs in a job in the place of yt-dlp and goes round the guard, which sees Python's calls only: everything is a call of libc.

Reads `targets.json` in its folder; prints one JSON object: case -> 0, or the name of the error that the kernel gave.
"""

import ctypes
import errno
import json
import mmap
import os
import socket
import struct

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
with open('targets.json', encoding='utf-8') as file:
    target = json.load(file)

O_RDONLY, O_WRONLY, O_CREAT, O_TRUNC, AT_FDCWD = 0, 1, 0o100, 0o1000, -100
SIGKILL, PTRACE_ATTACH = 9, 16


def path(name):
    return os.fsencode(target[name])


def outcome(result):
    return 0 if result >= 0 else errno.errorcode[ctypes.get_errno()]


def connected(family, kind, address, protocol=0):
    made = libc.socket(family, kind, protocol)
    return outcome(made) if made < 0 else outcome(libc.connect(made, address, len(address)))


def internet(port):
    return struct.pack('<H', socket.AF_INET) + struct.pack('>H', port) + socket.inet_aton('127.0.0.1') + bytes(8)


def at_server(port):
    made = libc.socket(socket.AF_INET, socket.SOCK_STREAM, 0)
    bound = libc.bind(made, internet(port), 16)
    return outcome(bound)


def listening():
    return outcome(libc.listen(libc.socket(socket.AF_INET, socket.SOCK_STREAM, 0), 1))


def peeked(pid):
    buffer = ctypes.create_string_buffer(8)
    local = struct.pack('@PN', ctypes.addressof(buffer), 8)
    remote = struct.pack('@PN', 4096, 8)
    return outcome(libc.process_vm_readv(pid, local, 1, remote, 1, 0))


def advised(descriptor):
    """On memory of whoever the descriptor stands for; MADV_COLD, which changes nothing."""
    buffer = ctypes.create_string_buffer(2 * mmap.PAGESIZE)
    pages = struct.pack('@PN', -(-ctypes.addressof(buffer) // mmap.PAGESIZE) * mmap.PAGESIZE, mmap.PAGESIZE)
    return outcome(libc.syscall(440, descriptor, pages, 1, 20, 0))


cases = {
    'reads a secret': lambda: outcome(libc.open(path('secret'), O_RDONLY)),
    'reads another work folder': lambda: outcome(libc.open(path('other'), O_RDONLY)),
    'lists another work folder': lambda: outcome(libc.open(os.path.dirname(path('other')), O_RDONLY | os.O_DIRECTORY)),
    'reads the accounts': lambda: outcome(libc.open(b'/etc/passwd', O_RDONLY)),
    'reads the environment of the server': lambda: outcome(libc.open(b'/proc/%d/environ' % target['server'], O_RDONLY)),
    'reads the command line of the server': lambda: outcome(libc.open(b'/proc/%d/cmdline' % target['server'], O_RDONLY)),
    'writes over a file': lambda: outcome(libc.open(path('other'), O_WRONLY)),
    'empties a file': lambda: outcome(libc.truncate(path('other'), 0)),
    'makes a file outside': lambda: outcome(libc.open(path('outside'), O_WRONLY | O_CREAT, 0o600)),
    'makes a folder outside': lambda: outcome(libc.mkdir(path('outside'), 0o700)),
    'makes a pipe outside': lambda: outcome(libc.mkfifo(path('outside'), 0o600)),
    'makes a link outside': lambda: outcome(libc.symlink(b'/etc/passwd', path('outside'))),
    'takes a file in': lambda: outcome(libc.rename(path('other'), b'taken')),
    'links a file in': lambda: outcome(libc.link(path('other'), b'taken')),
    'moves a file out': lambda: outcome(libc.rename(b'own', path('outside'))),
    'deletes a file': lambda: outcome(libc.unlink(path('other'))),
    'changes who may read': lambda: outcome(libc.chmod(path('other'), 0o777)),
    'gives a file away': lambda: outcome(libc.chown(path('other'), 1, 1)),
    'signals the server': lambda: outcome(libc.kill(target['server'], 0)),
    'signals the host': lambda: outcome(libc.kill(os.getppid(), 0)),
    'traces the server': lambda: outcome(libc.ptrace(PTRACE_ATTACH, target['server'], 0, 0)),
    'looks into the memory of the server': lambda: peeked(target['server']),
    'gives advice on the memory of any process': lambda: advised(os.pidfd_open(os.getpid())),
    'sets limits of the server': lambda: outcome(libc.prlimit(target['server'], 7, None, bytes(16))),
    'asks the engine host': lambda: connected(
        socket.AF_UNIX, socket.SOCK_STREAM, struct.pack('<H', socket.AF_UNIX) + path('socket') + b'\0'
    ),
    'waits for callers': lambda: at_server(0),
    'listens': listening,
    'sends raw packets': lambda: outcome(libc.socket(socket.AF_INET, socket.SOCK_RAW, 1)),
    'asks the kernel by netlink': lambda: outcome(libc.socket(16, socket.SOCK_RAW, 0)),
    'makes streams of another kind': lambda: outcome(libc.socket(socket.AF_INET, socket.SOCK_STREAM, 262)),
    'mounts': lambda: outcome(libc.mount(b'none', b'.', b'tmpfs', 0, None)),
    'leaves its namespaces': lambda: outcome(libc.unshare(0x10000000)),
    'loads a program into the kernel': lambda: outcome(libc.syscall(321, 0, None, 0)),
    'makes a ring of calls': lambda: outcome(libc.syscall(425, 8, None)),
    'catches page faults': lambda: outcome(libc.syscall(323, 0)),
    'makes a link': lambda: outcome(libc.symlink(b'/etc/passwd', b'link')),
    'makes a device': lambda: outcome(libc.mknod(b'device', 0o20600, os.makedev(1, 11))),
    'makes a pipe': lambda: outcome(libc.mkfifo(b'pipe', 0o600)),
    'leaves its group': lambda: outcome(libc.setpgid(0, 0)),
    'leaves its session': lambda: outcome(libc.setsid()),
    'shares memory with the system': lambda: outcome(libc.shmget(0, 4096, 0o1600)),
    'queues messages for the system': lambda: outcome(libc.msgget(0, 0o1600)),
    'makes a pair for datagrams': lambda: outcome(libc.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM, 0, bytes(8))),
    'slows the server down': lambda: outcome(libc.setpriority(0, target['server'], 19)),
    'sets flags of a file': lambda: outcome(libc.ioctl(libc.open(b'/usr/bin/env', O_RDONLY), 0x40086602, bytes(8))),
    'watches a folder': lambda: outcome(libc.inotify_add_watch(libc.inotify_init(), os.path.dirname(path('other')), 0xFFF)),
    'reads its own folder': lambda: outcome(libc.open(b'targets.json', O_RDONLY)),
    'writes in its own folder': lambda: outcome(libc.open(b'new', O_WRONLY | O_CREAT, 0o600)),
    'reads the system': lambda: outcome(libc.open(b'/usr/share', O_RDONLY | os.O_DIRECTORY)),
    'connects where the guard lets it': lambda: connected(socket.AF_INET, socket.SOCK_STREAM, internet(target['port'])),
}

open('own', 'w').close()
print(json.dumps({name: case() for name, case in cases.items()}))
