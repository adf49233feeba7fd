"""One connection, which is one job: its input, its output and its state. Does not start or signal processes."""

import json
import os
import socket
import sys
from typing import Any, Dict, List, Optional

from control import control_line
from request import Request

# Not O_NONBLOCK, which would apply to the socket itself: the job shares the socket and needs it blocking.
_NO_WAIT = socket.MSG_DONTWAIT
_MAX_LINE_BYTES = 1024 * 1024


class LineTooLong(ValueError):
    pass


class Connection:
    def __init__(self, sock: socket.socket, now: float) -> None:
        sock.setblocking(True)
        self.socket = sock
        self.accepted_at = now
        self.request: Optional[Request] = None
        # The job's process, which leads the process group of the same number; None before the fork.
        self.pid: Optional[int] = None
        self.is_reaped = False
        self.is_ending = False
        self.has_peer_ended = False
        self._has_said_last = False
        self.kill_at: Optional[float] = None
        self.close_at: Optional[float] = None
        self.exit: Dict[str, Any] = {'status': None, 'signal': None}
        self.cpu_seconds = 0.0
        self.peak_memory_bytes = 0
        self._inbound = bytearray()
        self._outbound = bytearray()

    @property
    def has_output(self) -> bool:
        return bool(self._outbound)

    @property
    def is_running(self) -> bool:
        return self.pid is not None and self.close_at is None

    def receive(self) -> List[bytes]:
        """Returns complete lines; sets `has_peer_ended` when the worker has closed its side."""
        try:
            received = self.socket.recv(65536, _NO_WAIT)
        except (BlockingIOError, InterruptedError):
            return []
        except OSError:
            received = b''
        if not received:
            self.has_peer_ended = True
            return []
        self._inbound += received
        *lines, rest = self._inbound.split(b'\n')
        if len(rest) > _MAX_LINE_BYTES:
            raise LineTooLong
        self._inbound = bytearray(rest)
        return [bytes(line) for line in lines]

    def tell(self, body: Dict[str, Any]) -> None:
        """Queues a control line and sends as much as the worker accepts."""
        if self.request is not None:
            self._outbound += control_line(self.request.nonce, body)
            self.flush()

    def flush(self) -> None:
        while self._outbound:
            try:
                sent = self.socket.send(self._outbound, _NO_WAIT)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                # The worker is gone.
                self._outbound.clear()
                return
            del self._outbound[:sent]

    def ask(self, line: bytes) -> Optional[str]:
        try:
            fields = json.loads(line)
        except ValueError:
            return None
        return fields.get('ask') if isinstance(fields, dict) else None

    def say_last(self) -> None:
        """Closes only our side of the connection, until the worker has closed its own.

        If both sides were closed now, a request that the worker sends meanwhile would fail, and it would lose unread lines, such
        as the exit of the job.
        """
        if self._has_said_last:
            return
        self._has_said_last = True
        try:
            # Ends the connection even when a process that has left its group still has a copy of the socket.
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.has_peer_ended = True

    def close(self) -> None:
        try:
            # Closing with unread bytes would make the next read of the worker fail.
            while self.socket.recv(65536, _NO_WAIT):
                pass
        except OSError:
            pass
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()

    def note_end(self, pid: int, status: int, usage: Any) -> None:
        """Notes that a process of the job was reaped: the leader or an orphan of its group."""
        # macOS reports bytes, other systems KiB.
        unit = 1 if sys.platform == 'darwin' else 1024
        self.cpu_seconds += usage.ru_utime + usage.ru_stime
        self.peak_memory_bytes = max(self.peak_memory_bytes, usage.ru_maxrss * unit)
        if pid != self.pid:
            return
        self.is_reaped = True
        if os.WIFSIGNALED(status):
            self.exit = {'status': None, 'signal': os.WTERMSIG(status)}
        else:
            self.exit = {'status': os.WEXITSTATUS(status), 'signal': None}
