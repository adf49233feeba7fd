"""The engine host: owns every process of every download.

The server starts it with one JSON line on stdin. It listens on a Unix socket; each connection is one job, which it forks. When
a connection closes, the host kills the process group of its job; when stdin closes, it kills all jobs. It has one thread,
because it forks. It runs on Linux and macOS; Windows is not supported.
"""

import os
import platform
import signal
import sys
from typing import Any, Dict, Optional

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import engine  # noqa: E402
import hot_pages  # noqa: E402
import processes  # noqa: E402
import sandbox  # noqa: E402
import warm  # noqa: E402
from control import tell_server  # noqa: E402
from server import Server  # noqa: E402
from settings import Settings  # noqa: E402

# The user's packages must not import our modules by name.
sys.path.pop(0)


def main() -> None:
    settings = Settings(_first_line())
    processes.die_with_parent(settings.parent_pid)
    processes.adopt_orphans()
    # A warming host starts the tools to ask for their versions.
    processes.chain_children_to_this_process()
    # Only the server decides when to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # The watcher starts first, because it must be small and inherit nothing.
    watcher = processes.GroupWatcher() if settings.use_watcher or not processes.IS_LINUX else None

    facts: Dict[str, Any] = {'tier': settings.tier, 'python_version': platform.python_version()}
    if settings.binary is None:
        engine.make_importable(settings)
        problem = engine.why_not_the_found(settings)
        if problem is not None:
            tell_server({'event': 'unfit', 'reason': problem, 'is_gone': True})
            sys.exit(3)
        facts['yt_dlp_version'] = engine.installed_version()
        facts['has_cryptodome'] = engine.has_module('Cryptodome', 'Crypto')
        facts['has_ejs'] = engine.has_module('yt_dlp_ejs')
    limits = sandbox.Sandbox(settings)
    check: Optional[sandbox.Check] = sandbox.Check(limits, settings) if processes.IS_LINUX else None
    if check is not None and settings.binary is not None:
        # A configured yt-dlp may be any script, which may need any file already for its first job.
        if not check.take():
            limits.read_everything()
        check = None
    pages = hot_pages.NONE
    if settings.tier == 'warm':
        try:
            facts.update(warm.warm_up(settings))
            pages = hot_pages.learn(settings, limits)
        except BaseException as error:
            tell_server({'event': 'unfit', 'reason': f'{type(error).__name__}: {error}'[:500]})
            sys.exit(3)

    server = Server(settings, watcher, pages, limits, check)
    tell_server({'event': 'ready', 'pid': os.getpid(), **facts, **limits.facts()})
    server.serve()


def _first_line() -> bytes:
    """Reads unbuffered, because the event loop reads what follows the line."""
    line = b''
    while not line.endswith(b'\n'):
        received = os.read(0, 1)
        if not received:
            sys.exit(0)
        line += received
    return line


if __name__ == '__main__':
    main()
