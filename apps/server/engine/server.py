"""The event loop of the host: accepts connections, forks jobs, signals and reaps them. It never waits for a single one."""

import errno
import json
import os
import selectors
import signal
import socket
import sys
import time
from typing import List, Optional

import hot_pages
import job
import player_cache
import processes
from children import Children
from connection import Connection, LineTooLong
from control import tell_server
from request import BadRequest, Request
from sandbox import Check, Sandbox
from settings import Settings

_FIRST_LINE_SECONDS = 10.0
# Time for ffmpeg to close its file after SIGINT.
_INTERRUPT_SECONDS = 2.0
# Time for a worker to read the last lines of an ended job.
_LINGER_SECONDS = 5.0
_EMPTY_GROUP_POLL_SECONDS = 0.01
_SHUTDOWN_SECONDS = 5.0


class Server:
    def __init__(
        self,
        settings: Settings,
        watcher: Optional[processes.GroupWatcher],
        pages: hot_pages.Pages,
        sandbox: Sandbox,
        check: Optional[Check],
    ) -> None:
        self._settings = settings
        self._sandbox = sandbox
        self._check = check
        self._pages = pages
        self._pid = os.getpid()
        self._watcher = watcher
        self._connections: List[Connection] = []
        self._children = Children()
        self._selector = selectors.DefaultSelector()
        self._listener: Optional[socket.socket] = None
        self._is_accepting = False
        self._is_draining = False
        self._is_over = False
        self._stdin_pending = b''
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.setblocking(False)
        self._wake_writer.setblocking(False)
        signal.set_wakeup_fd(self._wake_writer.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._on_terminate)
        self._selector.register(self._wake_reader, selectors.EVENT_READ)
        self._selector.register(0, selectors.EVENT_READ)
        if check is not None:
            self._selector.register(check, selectors.EVENT_READ)
        self._listen()
        sandbox.enter_host()

    def serve(self) -> None:
        """Returns when the server is gone, or when a drained host has no job left."""
        while not self._is_over and not (self._is_draining and not self._connections):
            for key, mask in self._selector.select(self._timeout()):
                if key.fileobj is self._wake_reader:
                    self._drain_wakeups()
                elif key.fileobj is self._listener:
                    self._accept()
                elif key.fd == 0:
                    self._read_commands()
                elif key.fileobj is self._check:
                    self._take_check()
                elif isinstance(key.fileobj, player_cache.Hearing):
                    self._hear(key.fileobj)
                else:
                    self._serve_connection(key.data, mask)
            self._children.reap()
            self._advance()
        self._kill_everything()

    def _take_check(self) -> None:
        assert self._check is not None
        self._selector.unregister(self._check)
        check, self._check = self._check, None
        if not check.take():
            self._sandbox.read_everything()
            tell_server({'event': 'sandbox', **self._sandbox.facts()})

    # Accepting

    def _listen(self) -> None:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(self._settings.socket_path)
        listener.listen(128)
        listener.setblocking(False)
        self._listener = listener
        self._allow_accepting()

    def _allow_accepting(self) -> None:
        """Accepts up to the limit; further connections wait in the backlog of the socket."""
        wanted = (
            self._listener is not None
            and not self._is_draining
            and len(self._connections) < self._settings.max_connections
        )
        if wanted and not self._is_accepting:
            self._selector.register(self._listener, selectors.EVENT_READ)
        elif self._is_accepting and not wanted:
            self._selector.unregister(self._listener)
        self._is_accepting = wanted

    def _accept(self) -> None:
        if self._listener is None:
            return
        try:
            accepted, _ = self._listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
                log(f'cannot accept: {error}')
                time.sleep(0.05)
            return
        connection = Connection(accepted, time.monotonic())
        self._connections.append(connection)
        self._selector.register(accepted, selectors.EVENT_READ, connection)
        self._allow_accepting()

    # One connection

    def _serve_connection(self, connection: Connection, mask: int) -> None:
        if mask & selectors.EVENT_WRITE:
            connection.flush()
        if mask & selectors.EVENT_READ and not connection.has_peer_ended:
            try:
                lines = connection.receive()
            except LineTooLong:
                connection.has_peer_ended = True
                lines = []
            for line in lines:
                if connection.request is None:
                    self._start(connection, line)
                else:
                    self._answer(connection, connection.ask(line))
            if connection.has_peer_ended:
                self._end(connection)
        self._watch(connection)

    def _watch(self, connection: Connection) -> None:
        """Updates what the selector watches. A peer that has ended stays readable for ever, so it is not watched any more."""
        if connection not in self._connections:
            return
        events = 0 if connection.has_peer_ended else selectors.EVENT_READ
        if connection.has_output:
            events |= selectors.EVENT_WRITE
        registered = connection.socket in self._selector.get_map()
        if events and registered:
            self._selector.modify(connection.socket, events, connection)
        elif events:
            self._selector.register(connection.socket, events, connection)
        elif registered:
            self._selector.unregister(connection.socket)

    def _start(self, connection: Connection, line: bytes) -> None:
        try:
            connection.request = Request(line)
        except BadRequest as problem:
            log(f'refused a request: {problem}')
            self._drop(connection)
            return
        is_told = self._settings.tier == 'warm' and player_cache.may_tell(connection.request)
        hearing: Optional[player_cache.Hearing] = None
        try:
            if is_told:
                hearing = player_cache.Hearing(player_cache.players)
            pid = os.fork()
        except OSError as error:
            if hearing is not None:
                hearing.started()
                hearing.close()
            log(f'cannot fork: {error}')
            connection.tell({'control': 'exit', **connection.exit, 'cpu_seconds': 0, 'peak_memory_bytes': 0})
            connection.close_at = time.monotonic() + _LINGER_SECONDS
            return
        if pid == 0:
            self._become_job(connection, hearing)
        if hearing is not None:
            hearing.started()
            self._selector.register(hearing, selectors.EVENT_READ)
        # The job has its own copy of the request; jobs that are forked later must not get one.
        connection.request.forget()
        connection.pid = pid
        self._children.add(connection)
        connection.tell({'control': 'started', 'pid': pid})

    def _hear(self, hearing: player_cache.Hearing) -> None:
        if not hearing.hear():
            self._selector.unregister(hearing)
            hearing.close()

    def _become_job(self, connection: Connection, hearing: Optional[player_cache.Hearing]) -> None:
        try:
            descriptor = os.dup(connection.socket.fileno())
            # Closed as objects: an object that is collected later would close a descriptor that reuses its number.
            for other in self._connections:
                other.socket.close()
            for own in (self._listener, self._wake_reader, self._wake_writer, self._selector):
                if own is not None:
                    own.close()
            assert connection.request is not None
            if connection.request.program == 'yt-dlp':
                hot_pages.copy(self._pages)
            pipe = None if hearing is None else hearing.writer
            job.run(connection.request, self._settings, self._sandbox, self._pid, descriptor, self._watcher, pipe)
        finally:
            os._exit(70)

    def _answer(self, connection: Connection, asked: Optional[str]) -> None:
        if asked == 'usage':
            self._tell_usage(connection)
        elif asked == 'kill' and connection.is_running:
            self._kill(connection)

    def _tell_usage(self, connection: Connection) -> None:
        if connection.pid is None or not connection.is_running:
            return
        running = processes.group_cpu_seconds(connection.pid)
        total = None if running is None else running + connection.cpu_seconds
        connection.tell({'control': 'usage', 'cpu_seconds': total})

    # Ending

    def _end(self, connection: Connection) -> None:
        """The worker has closed its side: interrupts the job and kills it later."""
        if connection.is_ending or connection.close_at is not None:
            return
        connection.is_ending = True
        if connection.pid is None:
            self._drop(connection)
            return
        if not processes.signal_group(connection.pid, signal.SIGINT):
            # The job has no group yet, so it has begun nothing that needs a clean end.
            self._kill(connection)
        connection.kill_at = time.monotonic() + _INTERRUPT_SECONDS

    def _kill(self, connection: Connection) -> None:
        assert connection.pid is not None
        processes.signal_group(connection.pid, signal.SIGKILL)
        if not connection.is_reaped:
            # The group may not exist yet; the number of the process is valid until it is reaped.
            os.kill(connection.pid, signal.SIGKILL)

    def _drop(self, connection: Connection) -> None:
        if connection.socket in self._selector.get_map():
            self._selector.unregister(connection.socket)
        connection.close()
        self._connections.remove(connection)
        self._children.remove(connection)
        self._allow_accepting()

    def _advance(self) -> None:
        """Does what waits for a time or for an empty process group."""
        now = time.monotonic()
        for connection in list(self._connections):
            if connection.pid is None and connection.close_at is None:
                if now - connection.accepted_at > _FIRST_LINE_SECONDS:
                    self._drop(connection)
                continue
            if connection.close_at is not None:
                self._take_leave(connection, now)
                continue
            if connection.kill_at is not None and now >= connection.kill_at:
                connection.kill_at = None
                self._kill(connection)
            if connection.is_reaped and not processes.signal_group(connection.pid or 0, 0):
                self._finish(connection, now)

    def _finish(self, connection: Connection, now: float) -> None:
        """The group is empty, so no output of the job can follow the exit line."""
        if self._watcher is not None and connection.pid is not None:
            self._watcher.forget(connection.pid)
        connection.tell(
            {
                'control': 'exit',
                **connection.exit,
                'cpu_seconds': round(connection.cpu_seconds, 3),
                'peak_memory_bytes': connection.peak_memory_bytes,
            }
        )
        connection.close_at = now + _LINGER_SECONDS
        self._take_leave(connection, now)

    def _take_leave(self, connection: Connection, now: float) -> None:
        assert connection.close_at is not None
        if not connection.has_output:
            connection.say_last()
        if now >= connection.close_at or (connection.has_peer_ended and not connection.has_output):
            self._drop(connection)
        else:
            self._watch(connection)

    def _kill_everything(self) -> None:
        if self._listener is not None:
            self._listener.close()
        for connection in self._connections:
            if connection.is_running:
                self._kill(connection)
        give_up_at = time.monotonic() + _SHUTDOWN_SECONDS
        while time.monotonic() < give_up_at:
            self._children.reap()
            if not any(
                connection.is_running
                and not (connection.is_reaped and not processes.signal_group(connection.pid or 0, 0))
                for connection in self._connections
            ):
                break
            time.sleep(_EMPTY_GROUP_POLL_SECONDS)

    # The server's side

    def _read_commands(self) -> None:
        received = os.read(0, 4096)
        if not received:
            self._is_over = True
            return
        *lines, self._stdin_pending = (self._stdin_pending + received).split(b'\n')
        for line in lines:
            if json.loads(line).get('command') == 'drain':
                self._is_draining = True
                self._allow_accepting()
                if self._listener is not None:
                    self._listener.close()
                    self._listener = None

    def _on_terminate(self, *_: object) -> None:
        self._is_over = True

    def _drain_wakeups(self) -> None:
        try:
            while self._wake_reader.recv(4096):
                pass
        except BlockingIOError:
            pass

    def _timeout(self) -> Optional[float]:
        now = time.monotonic()
        waits = []
        for connection in self._connections:
            if connection.pid is None and connection.close_at is None:
                waits.append(connection.accepted_at + _FIRST_LINE_SECONDS - now)
            elif connection.close_at is not None:
                waits.append(connection.close_at - now)
            else:
                if connection.is_reaped:
                    waits.append(_EMPTY_GROUP_POLL_SECONDS)
                if connection.kill_at is not None:
                    waits.append(connection.kill_at - now)
        return max(0.0, min(waits)) if waits else None


def log(text: str) -> None:
    try:
        sys.stderr.write(f'{text}\n')
        sys.stderr.flush()
    except OSError:
        pass
