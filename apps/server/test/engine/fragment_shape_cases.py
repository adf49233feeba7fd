"""What is wrong with the fragments that stdin has, a JSON list of [base64, kind of the stream or null]; prints the answers."""

import base64
import io
import json
import sys

sys.path.insert(0, sys.argv[1])

import fragment_shape  # noqa: E402


def judged(encoded, expected):
    content = base64.b64decode(encoded)
    head = content[:1024]
    if fragment_shape.kind_of(head) is None:
        return fragment_shape.problem_of_unknown(io.BytesIO(content), head, expected)
    return fragment_shape.problem_of(io.BytesIO(content), head, len(content))


print(json.dumps([judged(*case) for case in json.load(sys.stdin)]))
