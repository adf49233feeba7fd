"""The places that jobs may read: the system, Python, yt-dlp and the tools. Not the server's folders and not a home folder."""

import os
import subprocess
import sys
from typing import Iterator, List, Sequence

from settings import Settings

# Programs, libraries, fonts and the like. Each place costs one system call per job.
_PROGRAMS = '/usr /lib /lib32 /lib64 /bin /sbin /nix/store /gnu/store'.split()
_SYSTEM = (
    *_PROGRAMS,
    *'/etc/nsswitch.conf /etc/host.conf /etc/gai.conf'.split(),
    *'/etc/ssl /etc/pki /etc/crypto-policies /etc/ld.so.cache /etc/ld.so.preload /etc/localtime /etc/fonts'.split(),
    *'/dev/urandom /dev/random /proc/cpuinfo /proc/meminfo /proc/sys/vm /sys/devices/system/cpu'.split(),
)
# How names are looked up. Who changes networks replaces these files, and a rule is for the file that was there: they are
# opened for each job anew.
CHANGING = '/etc/resolv.conf /run/systemd/resolve /run/resolvconf /run/NetworkManager/resolv.conf /etc/hosts'.split()
# These are below the places above, but not for jobs, which may run as root.
_PRIVATE = ('/etc/ssl/private', '/etc/pki/tls/private', '/etc/pki/private')
_TOOL_SECONDS = 10


def readable(settings: Settings) -> List[str]:
    """Existing folders and files; a folder includes everything below it."""
    wanted = [*_SYSTEM, *_of_python(settings), os.path.dirname(os.path.abspath(__file__))]
    for tool in [*settings.tools(), *([settings.binary] if settings.binary else [])]:
        wanted += _of_tool(tool)
    if settings.solver_libraries is not None:
        wanted.append(settings.solver_libraries)
    wanted += [path for path in (settings.authorities, settings.plugins) if path is not None]
    protected = [os.path.realpath(path) for path in (*_PRIVATE, *settings.protected)]
    found: List[str] = []
    for path in dict.fromkeys(os.path.realpath(path) for path in wanted):
        if path != '/' and os.path.exists(path):
            found += _without(path, protected)
    return [path for path in found if not any(_is_below(path, other) for other in found)]


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(folder + '/')


def _of_python(settings: Settings) -> Iterator[str]:
    for prefix in {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}:
        if os.path.realpath(prefix) != '/':
            yield prefix
    yield os.path.realpath(sys.executable)
    for entry in sys.path:
        # The folder around a yt-dlp that is not installed may contain other things.
        yield from _of_module_folder(entry) if entry == settings.module_path else (entry,)


def _of_module_folder(folder: str) -> Iterator[str]:
    if folder.endswith('-packages') or not os.path.isdir(folder):
        yield folder
        return
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if name.startswith('yt_dlp') or os.path.isfile(os.path.join(path, '__init__.py')):
            yield path
    yield from (os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(('.py', '.so')))


def _of_tool(path: str) -> Iterator[str]:
    real = os.path.realpath(path)
    yield real
    if any(_is_below(real, folder) for folder in _PROGRAMS):
        return
    beside = os.path.join(os.path.dirname(os.path.dirname(real)), 'lib')
    if os.path.basename(os.path.dirname(real)) == 'bin' and os.path.isdir(beside):
        yield beside
    yield from _libraries_of(real)


def _libraries_of(path: str) -> Iterator[str]:
    """As ldd asks: the loader lists the libraries instead of starting the program; a static one just says its version."""
    try:
        answer = subprocess.run(
            [path, '--version'],
            env={'LD_TRACE_LOADED_OBJECTS': '1'},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_TOOL_SECONDS,
        ).stdout.decode('utf-8', 'replace')
    except (OSError, subprocess.TimeoutExpired):
        return
    for line in answer.splitlines():
        yield from (word for word in line.split() if word.startswith('/'))


def _without(path: str, protected: Sequence[str]) -> Iterator[str]:
    """The path, or what lies in it but for the protected: rules of Landlock only ever add."""
    inside = [entry for entry in protected if entry == path or _is_below(entry, path)]
    if not inside:
        yield path
        return
    if path in inside or not os.path.isdir(path):
        return
    for entry in os.scandir(path):
        # A link would open its target.
        if not entry.is_symlink():
            yield from _without(entry.path, inside)
