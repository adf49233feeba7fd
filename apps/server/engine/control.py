"""Control lines: messages of host and job to the worker, in between the output of the job.

A control line starts with a newline, because a killed job may leave half a line, and with a nonce that the output cannot know.
"""

import json
import os
from typing import Any, Dict, Optional

_MAX_REFUSALS = 200


def control_line(nonce: str, body: Dict[str, Any]) -> bytes:
    # The default escapes of json.dumps keep newlines and \x1e out of the body.
    return f'\n\x1e{nonce} {json.dumps(body, separators=(",", ":"))}\n'.encode('ascii')


def tell_server(event: Dict[str, Any]) -> None:
    """Called in the host: writes a line to its standard output."""
    try:
        os.write(1, json.dumps(event).encode() + b'\n')
    except OSError:
        pass


class Reporter:
    """Writes control lines from inside the job process.

    Each line is a single write to the socket. The kernel does not split a write of this size, so that lines of other threads
    cannot get into it. `optional` is above zero while an optional part is fetched; `content_type` is that of the last response
    for such a part.
    """

    def __init__(self, descriptor: int, nonce: str) -> None:
        self._descriptor = descriptor
        self.nonce = nonce
        self._refusals = 0
        self.optional = 0
        self.content_type: Optional[str] = None

    def report(self, body: Dict[str, Any]) -> None:
        if self.optional:
            body['optional'] = True
        try:
            os.write(self._descriptor, control_line(self.nonce, body))
        except OSError:
            pass

    def refused(self, event: str, **details: Any) -> None:
        """Reports a limited number of refusals: a loop that is refused must not flood the connection."""
        self._refusals += 1
        if self._refusals <= _MAX_REFUSALS:
            self.report({'control': 'refused', 'event': event, **details})
