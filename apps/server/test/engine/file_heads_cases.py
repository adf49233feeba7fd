"""Judges what stdin names, a JSON list of [kind, base64] or [kind, path in a folder]; prints the list of answers."""

import base64
import json
import os
import sys

engine, folder = sys.argv[1:3]
sys.path.insert(0, engine)

import file_heads  # noqa: E402


def judged(kind, content=None, path=None):
    if path is not None:
        return file_heads.why_file_refused(os.path.join(folder, path), kind)
    return file_heads.why_bytes_refused(base64.b64decode(content), kind)


print(json.dumps([judged(**case) for case in json.load(sys.stdin)]))
