"""Pages of the host that nearly every job writes to, copied for a job in one go right after the fork.

A forked job shares the host's memory until it writes, and Python writes to whatever it looks at. Each first write is a
fault of the processor: 1 µs on bare metal, up to 16 µs in a virtual machine without nested page tables, and a job has
2,700. Copied by `madvise` a page costs a third of that, and less when a call names many. Which pages those are is learned
once, from a job that reaches the beginning of its download; what comes after that is left to faults, so that no job holds
pages it does not use.
"""

import array
import ctypes
import json
import os
import re
import shutil
import signal
import struct
import tempfile
from typing import Any, List, Sequence, Tuple

import job
import processes
import rehearsal
import seccomp
from request import Request
from sandbox import Sandbox
from settings import Settings

Pages = Sequence[int]
"""Address and length in bytes of one run of pages, then of the next, and so on: flat, so that reading them in a job
copies no pages of their own."""

NONE: Pages = ()

# Needs Linux 5.14. An older kernel refuses it, and page faults copy the pages as usual.
_MADV_POPULATE_WRITE = 23
# Handles many runs in one call. Since Linux 6.15 a special number stands for the calling process.
_PROCESS_MADVISE, _RUNS_A_CALL = 440, 1024
_PAGE_BYTES = 4096
# Bits of an entry of /proc/<pid>/pagemap: the page is in memory, and only this process uses it.
_PRESENT_AND_OWN = 1 << 63 | 1 << 56
_NONCE = '0' * 24
_LONGEST_SECONDS = 20


def learn(settings: Settings, sandbox: Sandbox) -> Pages:
    """The pages that a usual job copies before its download begins. Empty where they cannot be found out."""
    if not processes.IS_LINUX or not settings.usual_argvs or os.sysconf('SC_PAGESIZE') != _PAGE_BYTES:
        return NONE
    folder = tempfile.mkdtemp(prefix='rehearsal-')
    found = os.path.join(folder, 'pages')
    try:
        with rehearsal.origin() as address:
            request = Request(
                json.dumps(
                    {
                        'nonce': _NONCE,
                        'program': 'yt-dlp',
                        'argv': [*settings.usual_argvs[-1], f'http://{address}/clip.mp4'],
                        'folder': folder,
                        'egress': {'allow': [address]},
                    }
                ).encode()
            )
            host_pid = os.getpid()
            scout = os.fork()
            if scout == 0:
                _explore(request, settings, sandbox, host_pid, found)
            os.waitpid(scout, 0)
        with open(found, encoding='utf-8') as file:
            return array.array('Q', json.load(file))
    except (OSError, ValueError):
        return NONE
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        tempfile.tempdir = None


def copy(pages: Pages) -> None:
    """Called in the job, right after the fork."""
    for start in range(0, len(pages), 2 * _RUNS_A_CALL):
        some = pages[start : start + 2 * _RUNS_A_CALL]
        if _copy_together(some) != sum(some[1::2]):
            _copy_each(some)


def _copy_together(pages: Pages) -> int:
    """Number of bytes copied; stops at the first run of pages that no longer exists."""
    # The array has the layout of the kernel's `struct iovec`.
    runs = array.array('Q', pages)
    address, count = ctypes.c_void_p(runs.buffer_info()[0]), ctypes.c_size_t(len(runs) // 2)
    return int(
        processes.c_library.syscall(
            _PROCESS_MADVISE, seccomp.PIDFD_SELF, address, count, _MADV_POPULATE_WRITE, 0
        )
    )


def _copy_each(pages: Pages) -> None:
    for index in range(0, len(pages), 2):
        address, length = ctypes.c_void_p(pages[index]), ctypes.c_size_t(pages[index + 1])
        processes.c_library.madvise(address, length, _MADV_POPULATE_WRITE)


def _explore(request: Request, settings: Settings, sandbox: Sandbox, host_pid: int, found: str) -> None:
    """Called in the scout: a job like any other, which ends where its download would begin."""
    try:
        signal.alarm(_LONGEST_SECONDS)
        areas = writable_areas()
        import yt_dlp

        def dl(*_: Any, **__: Any) -> None:
            pages = own_pages(areas)
            with open(found, 'w', encoding='utf-8') as file:
                json.dump(pages, file)
            os._exit(0)

        yt_dlp.YoutubeDL.dl = dl
        job.run(request, settings, sandbox, host_pid, os.open(os.devnull, os.O_WRONLY), None)
    finally:
        os._exit(70)


def writable_areas() -> List[Tuple[int, int]]:
    """Address and length of the memory of this process that a fork shares until parent or child writes to it."""
    areas = []
    with open('/proc/self/maps', encoding='utf-8') as file:
        for line in file:
            match = re.match('([0-9a-f]+)-([0-9a-f]+) rw.p ', line)
            if match and '[stack]' not in line:
                start, end = (int(text, 16) for text in match.groups())
                areas.append((start, end - start))
    return areas


def own_pages(areas: Sequence[Tuple[int, int]]) -> List[int]:
    """The pages of these areas that this process does not share, in the form of `Pages`."""
    pages: List[int] = []
    with open('/proc/self/pagemap', 'rb') as file:
        for start, length in areas:
            file.seek(start // _PAGE_BYTES * 8)
            entries = file.read(length // _PAGE_BYTES * 8)
            for index, (entry,) in enumerate(struct.iter_unpack('<Q', entries)):
                if entry & _PRESENT_AND_OWN != _PRESENT_AND_OWN:
                    continue
                address = start + index * _PAGE_BYTES
                if pages and pages[-2] + pages[-1] == address:
                    pages[-1] += _PAGE_BYTES
                else:
                    pages += [address, _PAGE_BYTES]
    return pages
