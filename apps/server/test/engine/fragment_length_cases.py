"""Judges each answer for a fragment of one second that stdin has in base64, one after another; prints the problems."""

import base64
import json
import os
import sys
import tempfile

sys.path.insert(0, sys.argv[1])

import fragment_check  # noqa: E402
from fragment_list import Listed  # noqa: E402
from fragment_state import State  # noqa: E402

state = State([Listed(1.0, False, '')], '', 1)
state.is_media = True
answers = []
for encoded in json.load(sys.stdin):
    with tempfile.TemporaryDirectory() as folder:
        name = os.path.join(folder, 'fragment')
        with open(name, 'wb') as file:
            file.write(base64.b64decode(encoded))
        answers.append(fragment_check.problem_of(state, 1, name))
print(json.dumps(answers))
