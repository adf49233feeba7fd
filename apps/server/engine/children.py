"""The processes of all jobs: which connection each belongs to, and how their ends are noted."""

import os
import signal
from typing import Dict

import processes
from connection import Connection


class Children:
    def __init__(self) -> None:
        # Keys are the leaders of the process groups of jobs.
        self._by_pid: Dict[int, Connection] = {}

    def add(self, connection: Connection) -> None:
        assert connection.pid is not None
        self._by_pid[connection.pid] = connection

    def remove(self, connection: Connection) -> None:
        """Does nothing when its number belongs to another job by now."""
        if connection.pid is not None and self._by_pid.get(connection.pid) is connection:
            del self._by_pid[connection.pid]

    def reap(self) -> None:
        """Reaps every process that has ended, and kills the rest of a group whose leader has ended."""
        if not hasattr(os, 'waitid'):
            self._reap_leaders()
            return
        while True:
            try:
                # WNOWAIT leaves the zombie: while it exists, no other process can get its number.
                dead = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if dead is None:
                return
            pid = dead.si_pid
            connection = self._by_pid.get(pid)
            if connection is not None:
                processes.signal_group(pid, signal.SIGKILL)
            else:
                connection = self._by_pid.get(os.getpgid(pid))
            _, status, usage = os.wait4(pid, 0)
            if connection is not None:
                connection.note_end(pid, status, usage)

    def _reap_leaders(self) -> None:
        """For macOS before Python 3.13, which has no waitid and no orphans to adopt: the group is killed afterwards."""
        for pid, connection in self._by_pid.items():
            if not connection.is_reaped:
                ended, status, usage = os.wait4(pid, os.WNOHANG)
                if ended:
                    processes.signal_group(pid, signal.SIGKILL)
                    connection.note_end(pid, status, usage)
