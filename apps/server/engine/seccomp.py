"""A filter of system calls (seccomp, classic BPF): what no job needs is refused with EPERM by the kernel, for good.

It stands beside Landlock, which knows files and TCP ports but neither other sockets nor other ways into a process.
Numbers: asm/unistd.h of x86-64 and of arm64; on other processors there is no filter.
"""

import ctypes
import errno
import platform
import socket
import struct
import sys
from typing import Dict, List, NamedTuple, Optional, Tuple

import processes

_PR_GET_SECCOMP, _PR_SET_SECCOMP, _MODE_FILTER = 21, 22, 2

_LOAD, _JUMP_IF_EQUAL, _JUMP_IF_AT_LEAST, _JUMP_IF_ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_NUMBER, _ARCHITECTURE = 0, 4
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000

_MSG_FASTOPEN = 0x20000000
# Any of the namespaces that `clone` makes.
_CLONE_NEW = 0x7E020000
_X32_BIT = 0x40000000
_IPPROTO_TCP, _IPPROTO_UDP = 6, 17
# Stands for the calling process instead of a process descriptor (linux/pidfd.h).
PIDFD_SELF = -10000


class _Processor(NamedTuple):
    # The architecture word of seccomp_data, and its column in the tables.
    word: int
    column: int


_PROCESSORS: Dict[str, _Processor] = {
    'x86_64': _Processor(0xC000003E, 0),
    'aarch64': _Processor(0xC00000B7, 1),
}

# Reach into other processes, the kernel or the system, or wait for somebody who calls. (x86-64, arm64)
_REFUSED: Dict[str, Tuple[int, Optional[int]]] = {
    'ptrace': (101, 117),
    'process_vm_readv': (310, 270),
    'process_vm_writev': (311, 271),
    'kcmp': (312, 272),
    'pidfd_getfd': (438, 438),
    'mount': (165, 40),
    'umount2': (166, 39),
    'pivot_root': (155, 41),
    'chroot': (161, 51),
    'open_tree': (428, 428),
    'move_mount': (429, 429),
    'fsopen': (430, 430),
    'fsconfig': (431, 431),
    'fsmount': (432, 432),
    'fspick': (433, 433),
    'mount_setattr': (442, 442),
    'open_tree_attr': (467, 467),
    'open_by_handle_at': (304, 265),
    'unshare': (272, 97),
    'setns': (308, 268),
    'bpf': (321, 280),
    'keyctl': (250, 219),
    'add_key': (248, 217),
    'request_key': (249, 218),
    'userfaultfd': (323, 282),
    'perf_event_open': (298, 241),
    'io_uring_setup': (425, 425),
    'io_uring_enter': (426, 426),
    'io_uring_register': (427, 427),
    'fanotify_init': (300, 262),
    'kexec_load': (246, 104),
    'kexec_file_load': (320, 294),
    'init_module': (175, 105),
    'finit_module': (313, 273),
    'delete_module': (176, 106),
    'reboot': (169, 142),
    'swapon': (167, 224),
    'swapoff': (168, 225),
    'acct': (163, 89),
    'quotactl': (179, 60),
    'syslog': (103, 116),
    'settimeofday': (164, 170),
    'clock_settime': (227, 112),
    'adjtimex': (159, 171),
    'clock_adjtime': (305, 266),
    'sethostname': (170, 161),
    'setdomainname': (171, 162),
    'iopl': (172, None),
    'ioperm': (173, None),
    # Landlock keeps what is in a file, not whose it is and who may read it.
    'chmod': (90, None),
    'fchmod': (91, 52),
    'fchmodat': (268, 53),
    'fchmodat2': (452, 452),
    'chown': (92, None),
    'fchown': (93, 55),
    'lchown': (94, None),
    'fchownat': (260, 54),
    'setxattr': (188, 5),
    'lsetxattr': (189, 6),
    'fsetxattr': (190, 7),
    'setxattrat': (463, 463),
    'removexattrat': (466, 466),
    'file_setattr': (469, 469),
    'removexattr': (197, 14),
    'lremovexattr': (198, 15),
    'fremovexattr': (199, 16),
    # Shared memory, queues and semaphores of the whole system, which Landlock does not know.
    'shmget': (29, 194),
    'shmat': (30, 196),
    'shmctl': (31, 195),
    'semget': (64, 190),
    'semop': (65, 193),
    'semctl': (66, 191),
    'semtimedop': (220, 192),
    'msgget': (68, 186),
    'msgsnd': (69, 189),
    'msgrcv': (70, 188),
    'msgctl': (71, 187),
    'mq_open': (240, 180),
    'mq_unlink': (241, 181),
    # These change how much processor time others get.
    'setpriority': (141, 140),
    'sched_setparam': (142, 118),
    'sched_setscheduler': (144, 119),
    'sched_setattr': (314, 274),
    'ioprio_set': (251, 30),
    'inotify_add_watch': (254, 27),
    'mknod': (133, None),
    'mknodat': (259, 33),
    'bind': (49, 200),
    'listen': (50, 201),
}
_SOCKET, _CLONE, _CLONE3, _PRLIMIT = (41, 198), (56, 220), (435, 435), (302, 261)
_PROCESS_MADVISE = (440, 440)
_SOCKETPAIR, _IOCTL, _SETSID, _SETPGID = (53, 199), (16, 29), (112, 157), (109, 154)
# Flags and attributes of a file that is only open for reading. (FS_IOC_SETFLAGS, its 32-bit form, FS_IOC_FSSETXATTR)
_FILE_FLAGS = (0x40086602, 0x40046602, 0x401C5820)
# With the position of their flags.
_SENDING = {(44, 206): 3, (46, 211): 2, (307, 269): 3}


class Filter(NamedTuple):
    """A finished program; its bytes stay alive as long as this does."""

    code: ctypes.Array
    header: bytes


def _is_supported() -> bool:
    library = processes.c_library
    if library is None or platform.machine() not in _PROCESSORS or sys.byteorder != 'little':
        return False
    return library.prctl(_PR_GET_SECCOMP, 0, 0, 0, 0) >= 0


# False on other systems and processors, and where the kernel was built without it.
is_supported: bool = _is_supported()


def install(program: Filter) -> None:
    """Cannot be undone. Needs `processes.forbid_new_privileges` before it. Of this thread and all that it starts."""
    library = processes.c_library
    if library is None or library.prctl(_PR_SET_SECCOMP, _MODE_FILTER, program.header, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), 'seccomp')


def compile_calls() -> Filter:
    """What no job ever needs. Long, and the kernel goes through it for every system call when it is installed: 0.15 ms."""
    processor, code = _begin()
    for numbers in _REFUSED.values():
        number = numbers[processor.column]
        if number is not None:
            code.jump(_JUMP_IF_EQUAL, number, yes='refuse')
    # Its flags lie in memory, where a filter cannot look; without it the C library takes `clone`.
    code.jump(_JUMP_IF_EQUAL, _CLONE3[processor.column], yes='unknown')
    code.jump(_JUMP_IF_EQUAL, _CLONE[processor.column], yes='clone')
    code.jump(_JUMP_IF_EQUAL, _PRLIMIT[processor.column], yes='prlimit')
    code.jump(_JUMP_IF_EQUAL, _PROCESS_MADVISE[processor.column], yes='advice')
    code.jump(_JUMP_IF_EQUAL, _SOCKETPAIR[processor.column], yes='pair')
    code.jump(_JUMP_IF_EQUAL, _IOCTL[processor.column], yes='ioctl')
    for numbers, position in _SENDING.items():
        code.jump(_JUMP_IF_EQUAL, numbers[processor.column], yes=f'flags {position}')
    code.give(_ALLOW)

    code.mark('clone')
    code.load(_argument(0))
    code.jump(_JUMP_IF_ANY_BIT, _CLONE_NEW, yes='refuse', no='allow')
    code.mark('prlimit')
    # With another process as target this could end that process.
    code.load(_argument(0))
    code.jump(_JUMP_IF_EQUAL, 0, yes='allow', no='refuse')
    code.mark('advice')
    # These concern the memory of other processes.
    code.load(_argument(0))
    code.jump(_JUMP_IF_EQUAL, PIDFD_SELF & 0xFFFFFFFF, yes='allow', no='refuse')
    for position in sorted(set(_SENDING.values())):
        # Connects without `connect`, which Landlock does not see.
        code.mark(f'flags {position}')
        code.load(_argument(position))
        code.jump(_JUMP_IF_ANY_BIT, _MSG_FASTOPEN, yes='refuse', no='allow')
    code.mark('pair')
    # A datagram socket could send to anybody's socket.
    code.load(_argument(1))
    code.add(_AND, 0xF)
    code.jump(_JUMP_IF_EQUAL, socket.SOCK_STREAM, yes='allow', no='refuse')
    code.mark('ioctl')
    code.load(_argument(1))
    for number in _FILE_FLAGS:
        code.jump(_JUMP_IF_EQUAL, number, yes='refuse')
    code.jump(_JUMP_IF_EQUAL, 0, yes='allow', no='allow')
    return _end(code)


def compile_sockets(kinds: Tuple[int, ...]) -> Filter:
    """`kinds`: of SOCK_STREAM (TCP) and SOCK_DGRAM (UDP) those that may be made; nothing else ever may.

    Nor may a process leave the group of the job, by which the host ends all of it.
    """
    processor, code = _begin()
    for number in (_SETSID, _SETPGID):
        code.jump(_JUMP_IF_EQUAL, number[processor.column], yes='refuse')
    code.jump(_JUMP_IF_EQUAL, _SOCKET[processor.column], yes='socket' if kinds else 'refuse', no='allow')
    if kinds:
        _judge_sockets(code, kinds)
    return _end(code)


def _begin() -> Tuple[_Processor, '_Code']:
    processor = _PROCESSORS[platform.machine()]
    code = _Code()
    code.load(_ARCHITECTURE)
    code.jump(_JUMP_IF_EQUAL, processor.word, no='refuse')
    code.load(_NUMBER)
    if processor.column == 0:
        code.jump(_JUMP_IF_AT_LEAST, _X32_BIT, yes='refuse')
    return processor, code


def _end(code: '_Code') -> Filter:
    code.mark('allow')
    code.give(_ALLOW)
    code.mark('unknown')
    code.give(_REFUSE | errno.ENOSYS)
    code.mark('refuse')
    code.give(_REFUSE | errno.EPERM)
    return code.finish()


def _judge_sockets(code: '_Code', kinds: Tuple[int, ...]) -> None:
    code.mark('socket')
    code.load(_argument(0))
    code.jump(_JUMP_IF_EQUAL, socket.AF_INET, yes='kind')
    code.jump(_JUMP_IF_EQUAL, socket.AF_INET6, no='refuse')
    code.mark('kind')
    code.load(_argument(1))
    code.add(_AND, 0xF)
    for kind in kinds:
        code.jump(_JUMP_IF_EQUAL, int(kind), yes=f'protocol {int(kind)}')
    code.jump(_JUMP_IF_EQUAL, 0, yes='refuse', no='refuse')
    for kind in kinds:
        # MPTCP and SCTP are streams as well, and Landlock's ports do not hold for them.
        code.mark(f'protocol {int(kind)}')
        code.load(_argument(2))
        code.jump(_JUMP_IF_EQUAL, 0, yes='allow')
        usual = _IPPROTO_TCP if kind == socket.SOCK_STREAM else _IPPROTO_UDP
        code.jump(_JUMP_IF_EQUAL, usual, yes='allow', no='refuse')


def _argument(position: int) -> int:
    """The lower four of eight bytes: where the kernel reads an int, the upper four do not count."""
    return 16 + 8 * position


class _Code:
    """Instructions with names for the places that are jumped to; all jumps lead forward."""

    def __init__(self) -> None:
        self._instructions: List[Tuple[int, Optional[str], Optional[str], int]] = []
        self._marks: Dict[str, int] = {}

    def add(self, operation: int, value: int) -> None:
        self._instructions.append((operation, None, None, value))

    def load(self, offset: int) -> None:
        self.add(_LOAD, offset)

    def give(self, answer: int) -> None:
        self.add(_RETURN, answer)

    def jump(self, operation: int, value: int, *, yes: Optional[str] = None, no: Optional[str] = None) -> None:
        self._instructions.append((operation, yes, no, value))

    def mark(self, name: str) -> None:
        self._marks[name] = len(self._instructions)

    def finish(self) -> Filter:
        packed = b''
        for place, (operation, yes, no, value) in enumerate(self._instructions):
            offsets = [0 if name is None else self._marks[name] - place - 1 for name in (yes, no)]
            packed += struct.pack('=HBBI', operation, *offsets, value)
        code = ctypes.create_string_buffer(packed, len(packed))
        # struct sock_fprog: a length, and a pointer at its natural place.
        header = struct.pack('@HP', len(self._instructions), ctypes.addressof(code))
        return Filter(code, header)
