"""Landlock (Linux 5.13 and newer): rules that a process puts on itself and on all that it starts, kept by the kernel.

What a kernel does not know is left out; `abi` tells how much it knows. Numbers and structures: linux/landlock.h.
"""

import ctypes
import os
import stat
import struct
from typing import Iterable, NamedTuple, Optional, Tuple

import processes

# The same numbers on x86-64 and arm64.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_FOR_ABI = 1
_RULE_PATH_BENEATH, _RULE_NET_PORT = 1, 2

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_FOLDER = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REFER, _TRUNCATE, _IOCTL_DEVICE = 1 << 13, 1 << 14, 1 << 15
# Remove a folder or file, make a folder or file. No links: the server must not meet one in a folder of ours.
_CHANGE_FOLDER = 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8
_MAKE_DEVICE = 1 << 6
_MAKE_LINK = 1 << 12
_RIGHTS_OF_ABI_1 = 0b1_1111_1111_1111
_BIND_TCP, _CONNECT_TCP = 1, 2
_SCOPE_ABSTRACT_SOCKETS, _SCOPE_SIGNALS = 1, 2

READ = _EXECUTE | _READ_FILE | _READ_FOLDER
# A standalone yt-dlp unpacks itself, and there are links in it.
WRITE_WITH_LINKS = READ | _WRITE_FILE | _CHANGE_FOLDER | _REFER | _TRUNCATE | _MAKE_LINK
WRITE = READ | _WRITE_FILE | _CHANGE_FOLDER | _REFER | _TRUNCATE
# Of a single file only these make sense, and the kernel refuses the others.
_RIGHTS_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEVICE

_FOR_TRUNCATE, _FOR_CONNECT, _FOR_IOCTL, _FOR_SCOPES = 3, 4, 5, 6


class Place(NamedTuple):
    """A folder with all that lies below it, or a file, by a descriptor (O_PATH), and the rule for it."""

    descriptor: int
    rule: bytes


def _syscall(number: int, *arguments: object) -> int:
    library = processes.c_library
    if library is None:
        return -1
    return int(library.syscall(number, *arguments))


def _known_abi() -> int:
    return max(0, _syscall(_CREATE_RULESET, None, 0, _ASK_FOR_ABI))


# 0 where there is no Landlock: another system, an old kernel, or one that was told to do without.
abi: int = _known_abi() if processes.IS_LINUX else 0


def know_at_most(version: int) -> None:
    """As if the kernel were an older one; before anything else is asked of this module."""
    global abi, _handled
    abi = min(abi, version)
    _handled = _handled_rights()


def _handled_rights() -> int:
    handled = _RIGHTS_OF_ABI_1
    for right, since in ((_REFER, 2), (_TRUNCATE, _FOR_TRUNCATE), (_IOCTL_DEVICE, _FOR_IOCTL)):
        if abi >= since:
            handled |= right
    return handled


_handled = _handled_rights()


def missing() -> Tuple[str, ...]:
    """What this kernel cannot restrict."""
    if abi == 0:
        return ('files', 'connections', 'signals')
    parts = (('truncation', _FOR_TRUNCATE), ('connections', _FOR_CONNECT), ('signals', _FOR_SCOPES))
    return tuple(name for name, since in parts if abi < since)


def open_place(path: str, rights: int) -> Optional[Place]:
    """None when the path does not exist. The caller closes the descriptor."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return None
    is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
    kept = _handled & (rights if is_folder else rights & _RIGHTS_OF_FILES)
    return Place(descriptor, struct.pack('=Qi', kept, descriptor))


def file_ruleset(places: Iterable[Place], ports: Optional[Iterable[int]]) -> Optional[int]:
    """For `restrict`: only these places may be touched and only these TCP ports be connected to (every one without `ports`), none be bound.

    Returns a descriptor, or None where there is no Landlock. Signals and abstract sockets end at the ruleset as well.
    """
    ruleset = _create(_handled, ports)
    if ruleset is None:
        return None
    for place in places:
        _add(ruleset, _RULE_PATH_BENEATH, place.rule)
    _allow_ports(ruleset, ports)
    return ruleset


def port_ruleset(ports: Iterable[int]) -> Optional[int]:
    """The same for a process whose files are restricted already; None where there is no Landlock.

    On a kernel that cannot restrict connections it refuses what is refused already: who has one rule more than the process
    that has started it cannot read the memory of that one.
    """
    ruleset = _create(0 if abi >= _FOR_CONNECT else _MAKE_DEVICE, ports)
    if ruleset is not None:
        _allow_ports(ruleset, ports)
    return ruleset


def restrict(ruleset: int) -> None:
    """Restricts the calling thread and everything that it starts from now on. Cannot be undone."""
    if _syscall(_RESTRICT_SELF, ruleset, 0) != 0:
        raise OSError(ctypes.get_errno(), 'landlock_restrict_self')
    os.close(ruleset)


def _create(handled_files: int, ports: Optional[Iterable[int]]) -> Optional[int]:
    if abi == 0:
        return None
    handled_ports = _BIND_TCP | (0 if ports is None else _CONNECT_TCP)
    fields = [handled_files]
    if abi >= _FOR_CONNECT:
        fields.append(handled_ports)
    if abi >= _FOR_SCOPES:
        fields.append(_SCOPE_ABSTRACT_SOCKETS | _SCOPE_SIGNALS)
    attributes = struct.pack(f'={len(fields)}Q', *fields)
    ruleset = _syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), 'landlock_create_ruleset')
    return ruleset


def _allow_ports(ruleset: int, ports: Optional[Iterable[int]]) -> None:
    if abi < _FOR_CONNECT or ports is None:
        return
    for port in ports:
        _add(ruleset, _RULE_NET_PORT, struct.pack('=QQ', _CONNECT_TCP, port))


def _add(ruleset: int, kind: int, rule: bytes) -> None:
    if _syscall(_ADD_RULE, ruleset, kind, rule, 0) != 0:
        raise OSError(ctypes.get_errno(), 'landlock_add_rule')
