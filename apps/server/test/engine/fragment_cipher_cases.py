"""Judges each fragment that stdin has in base64 as yt-dlp fetches it with AES-128; prints what is wrong with each."""

import base64
import json
import os
import sys
import tempfile

sys.path[:0] = sys.argv[1:3]

import fragment_check  # noqa: E402
from fragment_list import Listed  # noqa: E402
from fragment_state import State  # noqa: E402
from yt_dlp import YoutubeDL  # noqa: E402
from yt_dlp.aes import aes_cbc_encrypt_bytes  # noqa: E402
from yt_dlp.downloader.fragment import FragmentFD  # noqa: E402

KEY, VECTOR = bytes(range(16)), bytes(range(16, 32))


def judged(content):
    state = State([Listed(1.0, False, '')], '', 1)
    state.is_media = True
    state.decrypt = FragmentFD(YoutubeDL({'quiet': True}), {}).decrypter({})
    state.fragments = {1: {'decrypt_info': {'METHOD': 'AES-128', 'KEY': KEY, 'IV': VECTOR}}}
    with tempfile.TemporaryDirectory() as folder:
        name = os.path.join(folder, 'fragment')
        with open(name, 'wb') as file:
            file.write(bytes(aes_cbc_encrypt_bytes(content, KEY, VECTOR)))
        return fragment_check.problem_of(state, 1, name)


print(json.dumps([judged(base64.b64decode(content)) for content in json.load(sys.stdin)]))
