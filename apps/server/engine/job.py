"""The job process: everything between the fork and the requested program."""

import fcntl
import os
import resource
import signal
import socket
import sys
import tempfile
import traceback
from typing import Any, Callable, Dict, List, Optional, Set, Tuple
from urllib.parse import urlsplit

import authorities
import exhaustion
import failures
import file_heads
import fragments
import guard
import jar
import job_hooks
import media_inputs
import media_tools
import player_cache
import processes
import reports
import runtimes
import solver_proof
from addresses import is_loopback_address, strict_address
from request import ENGINES, Request
from sandbox import OFFLINE, Sandbox
from settings import Settings


def run(
    request: Request,
    settings: Settings,
    sandbox: Sandbox,
    host_pid: int,
    connection: int,
    watcher: Optional[processes.GroupWatcher],
    pipe: Optional[int] = None,
) -> None:
    """Called in the forked process after the host's other descriptors were closed. Never returns."""
    status = 70
    try:
        os.setsid()
        if watcher is not None:
            watcher.register()
        processes.die_with_parent(host_pid)
        processes.forbid_new_privileges()
        ports = _ports(request, settings)
        ruleset = _take_over_streams(connection, sandbox.ruleset(request.folder, ports), pipe)
        _reset_signals()
        os.chdir(request.folder)
        _set_environment(request, settings, sandbox)
        _set_limits(request)
        command = _command(request, settings)
        if command is not None:
            if request.program not in ENGINES:
                _judge_inputs(request)
            sandbox.enter(ruleset, ports)
            _exec(command, _program_argv(request))
        status = _run_module(request, settings, sandbox, ruleset, ports)
    except KeyboardInterrupt:
        status = 130
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:
                pass
        os._exit(status)


def _ports(request: Request, settings: Settings) -> Optional[Tuple[int, ...]]:
    """The only ports that the process may connect to; None for yt-dlp's own networking, whose addresses the guard judges."""
    if request.program not in ENGINES:
        return OFFLINE
    port = request.proxy_port()
    is_all_by_proxy = settings.binary is not None or request.proxy_for_all
    return (port,) if is_all_by_proxy and port is not None else None


def _take_over_streams(connection: int, ruleset: Optional[int], pipe: Optional[int]) -> Optional[int]:
    """Makes the connection the standard output and error, and returns the new descriptor of the ruleset."""
    if pipe is not None:
        # Moved out of the range that is closed below; programs of the job do not inherit it.
        pipe = fcntl.fcntl(pipe, fcntl.F_DUPFD_CLOEXEC, 100)
        player_cache.tell_through(pipe)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    for descriptor in (1, 2):
        os.dup2(connection, descriptor)
    if ruleset is not None and ruleset != 3:
        os.dup2(ruleset, 3, inheritable=False)
    # All other open descriptors belong to the host or to other jobs.
    first = 3 if ruleset is None else 4
    os.closerange(first, 1024 if pipe is None else pipe)
    if pipe is not None:
        os.closerange(pipe + 1, 1024)
    sys.stdin = open(0, encoding='utf-8', closefd=False)
    sys.stdout = open(1, 'w', encoding='utf-8', errors='backslashreplace', closefd=False)
    sys.stderr = open(2, 'w', encoding='utf-8', errors='backslashreplace', closefd=False)
    return None if ruleset is None else 3


def _reset_signals() -> None:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _set_environment(request: Request, settings: Settings, sandbox: Sandbox) -> None:
    os.environ.clear()
    os.environ.update(
        PATH=settings.search_path(),
        HOME=request.folder,
        TMPDIR=request.folder,
        LANG='C.UTF-8',
    )
    # The rehearsal in the host has left its own folder here.
    tempfile.tempdir = None
    if request.proxy_url is not None:
        # In lower case, because ffmpeg reads no other spelling. Other users cannot see the environment, unlike argv.
        names = ('http_proxy', 'https_proxy', 'all_proxy') if request.proxy_for_all else ('http_proxy',)
        os.environ.update(dict.fromkeys(names, request.proxy_url))
    if settings.authorities is not None:
        # For a standalone yt-dlp, and for programs with OpenSSL.
        os.environ['SSL_CERT_FILE'] = settings.authorities
    if request.program in ENGINES:
        runtimes.prepare(request.folder, settings, sandbox.can_write_anywhere)


def _set_limits(request: Request) -> None:
    wanted = [(resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, request.file_size_bytes)]
    if processes.IS_LINUX:
        # Not RLIMIT_AS, because JavaScript runtimes map tens of gigabytes that they never use.
        wanted.append((resource.RLIMIT_DATA, request.data_bytes))
    for kind, size in wanted:
        if size is not None:
            _, hard = resource.getrlimit(kind)
            resource.setrlimit(kind, (size if hard == resource.RLIM_INFINITY else min(size, hard),) * 2)


def _command(request: Request, settings: Settings) -> Optional[str]:
    """The program to exec. None: the yt_dlp module; '': the program is not configured."""
    if request.program in ENGINES:
        return settings.binary
    return (settings.ffprobe if request.program == 'ffprobe' else settings.ffmpeg) or ''


def _program_argv(request: Request) -> List[str]:
    # The worker's own, narrower list stays, such as that for pictures.
    if request.program in ENGINES or '-format_whitelist' in request.argv:
        return request.argv
    inputs = media_inputs.MediaInputs(can_restrict_connections=False, allows_https=False)
    return inputs.confined([request.program, *request.argv], request.program == 'ffprobe')[1:]


def _judge_inputs(request: Request) -> None:
    """Judges the input files of a tool that the worker starts; a standalone yt-dlp has written them without our checks."""
    reason = file_heads.why_inputs_refused(['', *request.argv], request.program == 'ffprobe')
    if reason is not None:
        # The worker recognizes this line (worker/media/ffprobe.ts).
        os.write(2, f'refused: {reason}\n'.encode())
        os._exit(1)


def _exec(path: str, argv: List[str]) -> None:
    # Python ignores these two signals; a program that inherited that would continue to write beyond its limit.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execv(path, [path, *argv])
    except OSError as error:
        os.write(2, f'cannot start {path or "the program"}: {error.strerror}\n'.encode())
        os._exit(127)


def _run_module(
    request: Request,
    settings: Settings,
    sandbox: Sandbox,
    ruleset: Optional[int],
    ports: Optional[Tuple[int, ...]],
) -> int:
    if request.resolver:
        _answer_names(request.resolver)
    media_inputs.of_this_job = inputs = media_inputs.MediaInputs(
        sandbox.can_restrict_connections, request.allows_https
    )
    policy = _policy(request, settings, inputs)
    sandbox.enter(ruleset, ports)
    import yt_dlp

    if settings.tier == 'cold':
        # A warm host has done this for all its jobs.
        authorities.install(settings)
        _use_our_tools(settings)
        job_hooks.install(settings)
    reporter = job_hooks.reporter
    reporter.nonce = request.nonce
    reports.install(reporter)
    fragments.tell_known_holes(reporter)
    if request.cookies is not None:
        jar.install(request.cookies, reporter)
    processes.chain_children_to_this_process(_preparation(policy, settings, sandbox, request.proxy_port()))
    guard.arm(policy, reporter)
    try:
        if request.program == 'solver':
            return solver_proof.run(request.argv)
        yt_dlp.main(request.argv)
    except (MemoryError, RecursionError) as error:
        print(f'ERROR: {exhaustion.words_of(error)}', file=sys.stderr)
        return 1
    except SystemExit as exit:
        if exit.code is None or isinstance(exit.code, int):
            return exit.code or 0
        print(exit.code, file=sys.stderr)
        return 1
    except Exception as error:
        failures.tell(reporter, error, f'{type(error).__name__}: {error}')
        raise
    return 0


def _preparation(
    policy: guard.Policy, settings: Settings, sandbox: Sandbox, proxy_port: Optional[int]
) -> processes.Prepare:
    def prepare(argv: List[str]) -> Tuple[List[str], Callable[[], None], Optional[Dict[str, str]]]:
        ports = OFFLINE
        is_media = argv[0] in policy.media_programs
        if is_media:
            if proxy_port is not None and policy.inputs.reaches_network(argv):
                ports = (proxy_port,)
            try:
                argv = policy.inputs.confined(argv, argv[0] in policy.ffprobes)
            except media_inputs.NotAllowed:
                # The guard sees these arguments next, and refuses and reports them.
                pass

        def enter() -> None:
            if not is_media:
                runtimes.limit(settings)
            sandbox.enter_program(ports)

        return argv, enter, None if is_media else runtimes.environment()

    return prepare


def _use_our_tools(settings: Settings) -> None:
    try:
        media_tools.install(settings)
    except Exception:
        # A yt-dlp with other internals finds the tools on PATH.
        return


def _policy(request: Request, settings: Settings, inputs: media_inputs.MediaInputs) -> guard.Policy:
    pinned: Set[Tuple[str, int]] = set()
    names: Dict[str, List[Any]] = {}
    if request.proxy_for_all:
        proxy = urlsplit(request.proxy_url or '')
        pinned |= _resolve(proxy.hostname or '', proxy.port or 80)
    else:
        for entry in request.allow:
            name, _, port = entry.rpartition(':')
            if port.isdigit():
                found = _resolve(name.strip('[]'), int(port))
                pinned |= {(address, port) for address, port in found if not _is_own(address, port, settings)}
                if found and name not in request.resolver:
                    names[name] = [[address for address, _ in found]]
    if names:
        # Resolved now: a service with a Unix socket may resolve names of the local network, and the sandbox blocks such sockets.
        _answer_names(names)
    return guard.Policy(
        folder=request.folder,
        pinned=frozenset(pinned),
        only_pinned=request.proxy_for_all,
        programs=settings.programs,
        media_programs=settings.media_programs,
        ffprobes=settings.ffprobes,
        inputs=inputs,
        proxy_url=request.proxy_url,
    )


def _is_own(address: str, port: int, settings: Settings) -> bool:
    return port in settings.own_ports and is_loopback_address(address)


def _resolve(name: str, port: int) -> Set[Tuple[str, int]]:
    literal = strict_address(name)
    if literal is not None:
        return {(str(literal), port)}
    try:
        answers = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return set()
    return {(str(answer[4][0]), port) for answer in answers}


def _answer_names(table: Dict[str, List[Any]]) -> None:
    """Resolves these names to successive answers; the last answer repeats."""
    ask = socket.getaddrinfo
    left = {name: list(answers) for name, answers in table.items()}

    def answer(host, port, family=0, type=0, proto=0, flags=0):
        name = host.decode() if isinstance(host, bytes) else host
        if name not in left:
            return ask(host, port, family, type, proto, flags)
        answers = left[name]
        now = answers.pop(0) if len(answers) > 1 else answers[0]
        found = []
        for address in now if isinstance(now, list) else [now]:
            found += ask(address, port, family, type, proto, flags | socket.AI_NUMERICHOST)
        return found

    socket.getaddrinfo = answer
