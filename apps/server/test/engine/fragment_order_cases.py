"""Judges two fragments that stdin has in base64, in both orders; prints whether something is wrong with each."""

import base64
import json
import os
import sys
import tempfile

sys.path.insert(0, sys.argv[1])

import fragment_check  # noqa: E402
from fragment_list import Listed  # noqa: E402
from fragment_state import State  # noqa: E402


def judged(contents, order):
    state = State([Listed(1.0, False, '')] * len(contents), '', len(contents))
    state.is_media = True
    answers = {}
    with tempfile.TemporaryDirectory() as folder:
        for index in order:
            name = os.path.join(folder, str(index))
            with open(name, 'wb') as file:
                file.write(contents[index - 1])
            answers[index] = fragment_check.problem_of(state, index, name) is not None
    answers[1] = answers[1] or fragment_check.is_other_media(state, 1, contents[0])
    return [answers[1], answers[2]]


given = [base64.b64decode(content) for content in json.load(sys.stdin)]
print(json.dumps([judged(given, (1, 2)), judged(given, (2, 1))]))
