"""The policy of a job, enforced by an audit hook: what the job may connect to, write and start.

The hook sees yt-dlp's Python code. It sees neither C code with its own sockets nor what a started program does; the kernel
restricts these, see sandbox.py.
"""

import errno
import os
import socket
import sys
from typing import Any, Callable, Dict, FrozenSet, Mapping, Optional, Tuple

from addresses import is_public_address, strict_address
from control import Reporter
from media_inputs import MediaInputs, NotAllowed

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# yt-dlp's updater starts both in every job to find out the system, and works without an answer.
_HARMLESS_PROBES = ('file', 'uname')
_FAMILIES = (socket.AF_INET, socket.AF_INET6)


class Refused(PermissionError):
    """An OSError, because imports and yt-dlp's network code expect no other kind of error here."""

    def __init__(self, what: str, endpoint: Optional[Tuple[str, Optional[int]]] = None) -> None:
        super().__init__(errno.EACCES, f'refused by policy: {what}')
        # The refused (address, port).
        self.endpoint = endpoint


class Policy:
    """What a job may do.

    `pinned`: allowed (address, port) pairs, resolved before the hook is armed. `only_pinned`: all traffic goes through a proxy,
    so that not even public addresses are allowed. `programs`: exact spellings of the programs that may be started;
    `media_programs`: those whose inputs are judged; `ffprobes`: those that name their input last.
    """

    def __init__(
        self,
        folder: str,
        pinned: FrozenSet[Tuple[str, int]],
        only_pinned: bool,
        programs: FrozenSet[str],
        media_programs: FrozenSet[str],
        ffprobes: FrozenSet[str],
        inputs: MediaInputs,
        proxy_url: Optional[str],
    ) -> None:
        self.folder = folder
        self.pinned = pinned
        self.only_pinned = only_pinned
        self.programs = programs
        self.media_programs = media_programs
        self.ffprobes = ffprobes
        self.inputs = inputs
        self.proxy_url = proxy_url


def arm(policy: Policy, reporter: Reporter) -> None:
    """Arms the hook for this process, including later threads. Cannot be undone."""
    rules = _rules(policy, reporter)
    find = rules.get

    def hook(event: str, args: Tuple[Any, ...]) -> None:
        rule = find(event)
        if rule is not None:
            rule(args)

    sys.addaudithook(hook)


def _rules(policy: Policy, reporter: Reporter) -> Dict[str, Callable[[Tuple[Any, ...]], None]]:
    folder = policy.folder
    inside = folder.rstrip('/') + '/'
    join, normalise, decode = os.path.join, os.path.normpath, os.fsdecode

    def is_ours(path: Any) -> bool:
        # The job cannot make links, so that judging the spelling is enough. The path may be the folder itself: temporary files.
        full = normalise(join(folder, decode(path)))
        return full == folder or full.startswith(inside) or full == os.devnull

    def refuse_path(event: str, path: Any) -> None:
        text = decode(path)
        if '__pycache__' not in text:
            reporter.refused(event, path=text[:500])
        raise Refused(f'{event} {text!r}')

    def judge_open(args: Tuple[Any, ...]) -> None:
        path, _, flags = args
        if isinstance(flags, int) and flags & _WRITING and not isinstance(path, int) and not is_ours(path):
            refuse_path('open', path)

    def judge_paths(event: str, count: int, descriptors: Tuple[int, ...]) -> Callable[[Tuple[Any, ...]], None]:
        def judge(args: Tuple[Any, ...]) -> None:
            for index in range(count):
                path = args[index]
                if isinstance(path, int):
                    continue
                descriptor = args[descriptors[index]] if descriptors else -1
                relative_elsewhere = descriptor not in (-1, None) and not os.path.isabs(path)
                if relative_elsewhere or not is_ours(path):
                    refuse_path(event, path)

        return judge

    def judge_address(event: str) -> Callable[[Tuple[Any, ...]], None]:
        def judge(args: Tuple[Any, ...]) -> None:
            address = args[1]
            if address is None:
                return
            if args[0].family in _FAMILIES and isinstance(address, tuple) and _may_reach(policy, address):
                return
            host, port = address[:2] if isinstance(address, tuple) and len(address) > 1 else (address, None)
            endpoint = (str(host)[:255], port if isinstance(port, int) else None)
            reporter.refused(event, address=endpoint[0], port=endpoint[1])
            raise Refused(f'{event} {host} {port}', endpoint)

        return judge

    def judge_process(args: Tuple[Any, ...]) -> None:
        executable, argv, _, env = args
        problem = _process_problem(policy, executable, argv, env)
        if problem is not None:
            if executable not in _HARMLESS_PROBES:
                reporter.refused('process', path=decode(executable)[:500], reason=problem)
            raise Refused(f'{problem}: {executable}')

    def refuse(event: str) -> Callable[[Tuple[Any, ...]], None]:
        def judge(_: Tuple[Any, ...]) -> None:
            reporter.refused(event)
            raise Refused(event)

        return judge

    rules: Dict[str, Callable[[Tuple[Any, ...]], None]] = {
        'open': judge_open,
        'os.rename': judge_paths('rename', 2, (2, 3)),
        'os.remove': judge_paths('remove', 1, (1,)),
        'os.rmdir': judge_paths('rmdir', 1, (1,)),
        'os.mkdir': judge_paths('mkdir', 1, (2,)),
        'os.chmod': judge_paths('chmod', 1, (2,)),
        'os.chown': judge_paths('chown', 1, (3,)),
        'os.utime': judge_paths('utime', 1, (3,)),
        'os.truncate': judge_paths('truncate', 1, ()),
        'os.setxattr': judge_paths('setxattr', 1, ()),
        'os.removexattr': judge_paths('removexattr', 1, ()),
        'socket.connect': judge_address('connect'),
        'socket.sendto': judge_address('send'),
        'socket.sendmsg': judge_address('send'),
        'subprocess.Popen': judge_process,
    }
    for event in (
        'os.link os.symlink os.chdir os.fork os.forkpty os.exec os.spawn os.system os.posix_spawn '
        'pty.spawn sqlite3.connect socket.bind'
    ).split():
        rules[event] = refuse(event.rpartition('.')[2] if event.startswith('os.') else event)
    return rules


def _may_reach(policy: Policy, address: Tuple[Any, ...]) -> bool:
    parsed = strict_address(address[0])
    # The event has the argument of the caller and not the address that a name resolves to, so that names are always refused.
    if parsed is None or (len(address) > 3 and address[3]):
        return False
    if (str(parsed), address[1]) in policy.pinned:
        return True
    return not policy.only_pinned and is_public_address(address[0])


def _process_problem(policy: Policy, executable: Any, argv: Any, env: Optional[Mapping[Any, Any]]) -> Optional[str]:
    name = os.fsdecode(executable)
    if name not in policy.programs:
        return 'this program may not be started'
    if name not in policy.media_programs:
        return None
    if isinstance(argv, (str, bytes)):
        return 'arguments in one string'
    words = [os.fsdecode(word) for word in argv]
    try:
        if not policy.inputs.is_confined(words, name in policy.ffprobes):
            return 'input without its limits'
    except NotAllowed as problem:
        return str(problem)
    if policy.inputs.reaches_network(words) and not _uses_our_proxy(policy, env):
        return 'input not allowed'
    return None


def _uses_our_proxy(policy: Policy, env: Optional[Mapping[Any, Any]]) -> bool:
    given = {os.fsdecode(key): os.fsdecode(value) for key, value in (os.environ if env is None else env).items()}
    return (
        policy.proxy_url is not None
        and given.get('http_proxy') == policy.proxy_url
        and not given.get('no_proxy')
        and not given.get('NO_PROXY')
    )
