"""Control lines: what host and job tell the worker in between the job's own output.

A line starts with a newline (a killed job leaves half a line) and carries a nonce the output cannot know.
"""

import json
import os
from typing import Any, Dict, Optional

_MAX_REFUSALS = 200


def control_line(nonce: str, body: Dict[str, Any]) -> bytes:
    # The default escapes of json.dumps keep newlines and \x1e out of the body.
    return f'\n\x1e{nonce} {json.dumps(body, separators=(",", ":"))}\n'.encode('ascii')


def tell_server(event: Dict[str, Any]) -> None:
    """Called in the host: a line on its standard output."""
    try:
        os.write(1, json.dumps(event).encode() + b'\n')
    except OSError:
        pass


class Reporter:
    """Writes control lines from inside the job process.

    Each is one write to the socket: the kernel does not split one of this size, so lines of other threads cannot
    get into it. `optional` is above zero while a part is fetched that the download can do without; `content_type` is what
    the last answer for such a part has said of itself.
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
        """A loop that is refused again and again must not flood the connection."""
        self._refusals += 1
        if self._refusals <= _MAX_REFUSALS:
            self.report({'control': 'refused', 'event': event, **details})
