"""Restricts jobs and their programs by means of the kernel, whatever code runs in them (Linux).

Landlock: read the system, Python, yt-dlp and the tools; write the job's own folder; signal nobody outside. A program that the
job starts connects to the egress proxy or to nothing. seccomp: no way into other processes or the kernel, no other sockets.
The audit hook of guard.py stands beside it: Landlock knows ports, not addresses. Rules only ever get narrower.
"""

import os
import shutil
import signal
import socket
import tempfile
from typing import Any, Dict, Iterator, List, Optional, Tuple

import landlock
import processes
import seccomp
import system_places
from settings import Settings

# What a program may reach: nothing, or the port of the egress proxy.
OFFLINE: Tuple[int, ...] = ()

_NO_SOCKETS: Tuple[int, ...] = ()
_TCP: Tuple[int, ...] = (int(socket.SOCK_STREAM),)
_TCP_AND_UDP: Tuple[int, ...] = (int(socket.SOCK_STREAM), int(socket.SOCK_DGRAM))

_CHECK_SECONDS = 20


class Sandbox:
    """Made once in the host and inherited by every job. Where the kernel lacks a part, the other parts still apply."""

    def __init__(self, settings: Settings) -> None:
        if settings.landlock_abi is not None:
            landlock.know_at_most(settings.landlock_abi)
        self._places = list(_places(settings)) if landlock.abi > 0 else []
        self._own_rights = landlock.WRITE if settings.binary is None else landlock.WRITE_WITH_LINKS
        # For tools whose files are in unusual places.
        self._reads_everything = False
        self._filters: Dict[Tuple[int, ...], seccomp.Filter] = {}
        self._calls: Optional[seccomp.Filter] = None
        if seccomp.is_supported and settings.landlock_abi != 0:
            self._calls = seccomp.compile_calls()
            for kinds in (_NO_SOCKETS, _TCP, _TCP_AND_UDP):
                self._filters[kinds] = seccomp.compile_sockets(kinds)

    @property
    def can_restrict_connections(self) -> bool:
        return 'connections' not in landlock.missing()

    @property
    def can_write_anywhere(self) -> bool:
        """Whether programs of a job may write wherever the user may."""
        return 'files' in landlock.missing()

    def facts(self) -> Dict[str, Any]:
        """For the server: `full`, `partial` or `none`, and what is not restricted."""
        missing = list(landlock.missing())
        if self._reads_everything:
            missing.append('reading')
        if self._calls is None:
            missing.append('system_calls')
        is_none = landlock.abi == 0 and self._calls is None
        level = 'none' if is_none else 'partial' if missing else 'full'
        return {'sandbox': level, 'sandbox_missing': missing}

    def read_everything(self) -> None:
        """Allows later jobs to read everything, because a tool does not run otherwise."""
        self._reads_everything = True

    def enter_host(self) -> None:
        """Restricts the host once it listens: refuses what no job ever needs, to the host and to all that it forks."""
        processes.forbid_new_privileges()
        if self._calls is not None:
            seccomp.install(self._calls)

    def ruleset(self, folder: str, ports: Optional[Tuple[int, ...]]) -> Optional[int]:
        """For `enter`, made while the host's descriptors are still open. `ports`: all that may be connected to."""
        own = [landlock.open_place(folder, self._own_rights), landlock.open_place('/proc/self', landlock.READ)]
        if ports is None:
            own += [landlock.open_place(path, landlock.READ) for path in system_places.CHANGING]
        if self._reads_everything:
            own.append(landlock.open_place('/', landlock.READ))
        opened = [place for place in own if place is not None]
        try:
            return landlock.file_ruleset([*self._places, *opened], ports)
        finally:
            for place in opened:
                os.close(place.descriptor)

    def enter(self, ruleset: Optional[int], ports: Optional[Tuple[int, ...]]) -> None:
        """Restricts the calling process as a job."""
        if ruleset is not None:
            landlock.restrict(ruleset)
        # Names are looked up by UDP.
        self._filter(_TCP_AND_UDP if ports is None else _TCP if ports else _NO_SOCKETS)

    def enter_program(self, ports: Tuple[int, ...]) -> None:
        """Called in a child of a job between fork and exec, on top of what holds for the job."""
        ruleset = landlock.port_ruleset(ports)
        if ruleset is not None:
            landlock.restrict(ruleset)
        self._filter(_TCP if ports else _NO_SOCKETS)

    def _filter(self, kinds: Tuple[int, ...]) -> None:
        if kinds in self._filters:
            seccomp.install(self._filters[kinds])


def _places(settings: Settings) -> Iterator[landlock.Place]:
    for path in system_places.readable(settings):
        place = landlock.open_place(path, landlock.READ)
        if place is not None:
            yield place
    null = landlock.open_place(os.devnull, landlock.WRITE)
    if null is not None:
        yield null


class Check:
    """Whether the tools run in the sandbox, found out by a process of its own. Nothing waits for it."""

    def __init__(self, sandbox: Sandbox, settings: Settings) -> None:
        self._reader, writer = os.pipe()
        self._folder = tempfile.mkdtemp(prefix='check-')
        host_pid = os.getpid()
        if os.fork() == 0:
            try:
                os.close(self._reader)
                os.setsid()
                processes.die_with_parent(host_pid)
                signal.alarm(_CHECK_SECONDS)
                os.write(writer, b'y' if _do_tools_run(sandbox, settings, self._folder) else b'n')
            finally:
                os._exit(0)
        os.close(writer)

    def fileno(self) -> int:
        return self._reader

    def take(self) -> bool:
        """Call once there is something to read. False when a tool does not run; True also when that is unknown."""
        answer = os.read(self._reader, 1)
        os.close(self._reader)
        shutil.rmtree(self._folder, ignore_errors=True)
        return answer != b'n'


def _do_tools_run(sandbox: Sandbox, settings: Settings, folder: str) -> bool:
    sandbox.enter_host()
    os.chdir(folder)
    questions: List[List[str]] = [[path, '-version'] for path in (settings.ffmpeg, settings.ffprobe) if path]
    questions += [[path, '--version'] for path in (settings.js_runtime, settings.binary) if path]
    sandbox.enter(sandbox.ruleset(folder, OFFLINE), OFFLINE)
    return all(_runs(question) for question in questions)


def _runs(argv: List[str]) -> bool:
    parent_pid = os.getpid()
    child = os.fork()
    if child == 0:
        try:
            processes.die_with_parent(parent_pid)
            null = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(null, descriptor)
            os.execve(argv[0], argv, {'PATH': '/usr/bin:/bin', 'HOME': os.getcwd(), 'LANG': 'C.UTF-8'})
        finally:
            os._exit(127)
    return os.waitpid(child, 0)[1] == 0


