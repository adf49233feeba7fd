"""Ties between processes: no process may outlive the one that is responsible for it.

Linux sends a signal at the parent's death. On other systems, and for a standalone binary that starts its own children, a
watcher process knows the live process groups and kills them when the host is gone. Windows is not supported.
"""

import ctypes
import os
import signal
import subprocess
import sys
from typing import Any, Callable, Dict, List, Optional, Tuple

IS_LINUX = sys.platform == 'linux'

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38

# Loaded before any fork: resolving a symbol between fork and exec can block on a lock that another thread held.
c_library = ctypes.CDLL(None, use_errno=True) if IS_LINUX else None
_prctl = c_library.prctl if c_library is not None else None

# Takes a command line. Returns the command line to run, a function for the child between fork and exec, and the environment
# of the child when it differs from the requested one.
Prepare = Callable[[List[str]], Tuple[List[str], Callable[[], None], Optional[Dict[str, str]]]]

# The process whose children end with it.
_chained_to: Optional[int] = None
_prepare: Optional[Prepare] = None


def die_with_parent(parent_pid: int) -> None:
    """Linux: this process is killed when the thread that forked it ends. All systems: exits when the parent is gone already."""
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:
        os._exit(1)


def adopt_orphans() -> None:
    """Linux: processes that a dead job leaves behind become our children, so that we can reap them."""
    if _prctl is not None:
        _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def forbid_new_privileges() -> None:
    """A setuid program would lose the signal at the parent's death."""
    if _prctl is not None:
        _prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def name_process(name: str) -> None:
    """Linux: sets the name in lists of processes."""
    if _prctl is not None:
        _prctl(_PR_SET_NAME, name.encode(), 0, 0, 0)


def give_back_memory() -> None:
    """glibc: returns empty pages to the system; a fork would share them, and a job that fills them would copy them."""
    if hasattr(c_library, 'malloc_trim'):
        c_library.malloc_trim(0)


def chain_children_to_this_process(prepare: Optional[Prepare] = None) -> None:
    """Makes all programs that subprocess.Popen starts end with this process; a forked process calls this for itself.

    The signal is tied to the starting *thread*; yt-dlp starts its programs from threads that outlive them.
    """
    global _chained_to, _prepare
    if _prctl is None and prepare is None:
        return
    is_installed = _chained_to is not None
    _chained_to, _prepare = os.getpid(), prepare
    # When a forked process calls this, another wrapper may be around ours and has to stay.
    if not is_installed:
        subprocess.Popen.__init__ = _chained(subprocess.Popen.__init__)


def _chained(start: Callable[..., None]) -> Callable[..., None]:
    def start_chained(self: Any, args: Any, *rest: Any, **kwargs: Any) -> None:
        parent_pid, asked, prepared = _chained_to, kwargs.get('preexec_fn'), None
        assert parent_pid is not None
        if _prepare is not None and isinstance(args, list):
            args, prepared, environment = _prepare(args)
            if environment is not None:
                kwargs['env'] = environment

        def before_exec() -> None:
            die_with_parent(parent_pid)
            for step in (asked, prepared):
                if step is not None:
                    step()

        kwargs['preexec_fn'] = before_exec
        start(self, args, *rest, **kwargs)

    return start_chained


def signal_group(group: int, number: int) -> bool:
    """Signals a group; false when no process of it is left. On Linux a zombie still counts."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:
        # On macOS this means that the group has only zombies.
        return IS_LINUX
    return True


class GroupWatcher:
    """A process that survives the host and kills the registered groups when the host's end of the pipe closes.

    A job registers itself before it runs anything, so that it is never unknown.
    """

    def __init__(self) -> None:
        reader, self._writer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.close(self._writer)
                os.setsid()
                for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                    signal.signal(number, signal.SIG_IGN)
                # Node waits for these streams to close before it reports the end of the host.
                null = os.open(os.devnull, os.O_RDWR)
                for descriptor in (0, 1, 2):
                    os.dup2(null, descriptor)
                _watch(reader)
            finally:
                os._exit(0)
        os.close(reader)

    def register(self) -> None:
        """Called in the job, before it execs or imports anything."""
        os.write(self._writer, b'+%d\n' % os.getpid())
        os.close(self._writer)

    def forget(self, group: int) -> None:
        """Called in the host when the group is empty."""
        try:
            os.write(self._writer, b'-%d\n' % group)
        except OSError:
            pass


def _watch(reader: int) -> None:
    groups = set()
    pending = b''
    while True:
        received = os.read(reader, 4096)
        if not received:
            break
        *lines, pending = (pending + received).split(b'\n')
        for line in lines:
            (groups.add if line[:1] == b'+' else groups.discard)(int(line[1:]))
    for group in groups:
        signal_group(group, signal.SIGKILL)


def group_cpu_seconds(group: int) -> Optional[float]:
    """CPU time of all live processes of the group and of their reaped children; None where /proc is missing."""
    if not IS_LINUX:
        return None
    ticks = 0
    for name in os.listdir('/proc'):
        if not name.isdigit():
            continue
        try:
            with open(f'/proc/{name}/stat', 'rb') as file:
                # The command may contain spaces and parentheses, so that fields are counted from the last parenthesis.
                fields = file.read().rpartition(b')')[2].split()
        except OSError:
            continue
        if int(fields[2]) == group:
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf('SC_CLK_TCK')
