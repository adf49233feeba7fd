"""Reads command lines with the options that were read beforehand, and without; prints for each how the two compare."""

import json
import re
import sys

engine, path = sys.argv[1:3]
sys.path.insert(0, engine)
if path:
    sys.path.insert(1, path)

import usual_options  # noqa: E402
import yt_dlp  # noqa: E402

asked = json.load(sys.stdin)
read_by_yt_dlp = yt_dlp.parse_options
read = []


def counted(argv=None):
    read.append(argv)
    return read_by_yt_dlp(argv)


def spelled(parsed):
    # A function has no other name than its address.
    return re.sub(r' at 0x[0-9a-f]+', '', repr([parsed.urls, sorted(parsed.ydl_opts.items())]))


def answer(argv):
    yt_dlp.parse_options = counted
    usual_options.prepare(asked['usual'])
    read.clear()
    expected = spelled(read_by_yt_dlp(argv))
    first = spelled(yt_dlp.parse_options(argv))
    was_prepared = not read
    again = spelled(yt_dlp.parse_options(argv))
    return {
        'was_prepared': was_prepared,
        'is_right': first == expected,
        'is_right_again': again == expected and argv in read,
    }


print(json.dumps([answer(argv) for argv in asked['given']]))
