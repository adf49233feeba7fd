"""Tells, as JSON, which pages of a small area a fork owns: after it wrote to some, and after those were copied for it.

Arguments: the folder of the engine, one line of settings for a warm host.
"""

import ctypes
import json
import mmap
import os
import sys

sys.path.insert(0, sys.argv[1])

import engine  # noqa: E402
import hot_pages  # noqa: E402
import warm  # noqa: E402
from sandbox import Sandbox  # noqa: E402
from settings import Settings  # noqa: E402

PAGE = 4096
memory = mmap.mmap(-1, 16 * PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
memory.write(b'x' * len(memory))
start = ctypes.addressof(ctypes.c_char.from_buffer(memory))


def owned_after(act):
    """Pages of the area by number, as runs of first and count."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        act()
        own = hot_pages.own_pages([(start, len(memory))])
        os.write(writer, json.dumps([(value - start) // PAGE if at % 2 == 0 else value // PAGE for at, value in enumerate(own)]).encode())
        os._exit(0)
    os.waitpid(child, 0)
    return json.loads(os.read(reader, 65536))


def write_some():
    for page in (3, 4, 9):
        memory[page * PAGE] = 1


def copy_some():
    hot_pages.copy([start + 3 * PAGE, 2 * PAGE, start + 9 * PAGE, PAGE])


def copy_what_is_left():
    nowhere = PAGE
    hot_pages.copy([start + 3 * PAGE, 2 * PAGE, nowhere, PAGE, start + 9 * PAGE, PAGE])


settings = Settings(sys.argv[2].encode())
engine.make_importable(settings)
warm.warm_up(settings)
limits = Sandbox(settings)
learnt = hot_pages.learn(settings, limits)
areas = hot_pages.writable_areas()
print(
    json.dumps(
        {
            'untouched': owned_after(lambda: None),
            'written': owned_after(write_some),
            'copied': owned_after(copy_some),
            'copied_what_is_left': owned_after(copy_what_is_left),
            'is_content_kept': memory[3 * PAGE] == ord('x'),
            'learnt_pages': sum(learnt[1::2]) // PAGE,
            'are_learnt_writable': all(
                any(at <= learnt[index] < at + length for at, length in areas) for index in range(0, len(learnt), 2)
            ),
            'has_no_usual': list(hot_pages.learn(Settings(json.dumps({**json.loads(sys.argv[2]), 'usual_argvs': []}).encode()), limits)),
        }
    )
)
