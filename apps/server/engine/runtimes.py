"""Prepares the environment of a job for its JavaScript runtime, and limits the CPU time of the runtime.

A player script is code of a site. The kernel (sandbox.py) and the runtime itself restrict what it can reach.
"""

import os
import resource
from typing import Dict

from settings import Settings

# All that a runtime is told of the job's environment, which holds the credential of the egress proxy: Node lets a player
# script read its own, and a solution is sent to the site.
_VARIABLES = ('PATH', 'HOME', 'TMPDIR', 'LANG', 'DENO_DIR', 'DENO_NO_UPDATE_CHECK')


def prepare(folder: str, settings: Settings, can_write_anywhere: bool) -> None:
    """Sets the environment. Called in the job before the guard is armed, which allows no links."""
    if settings.js_runtime_name != 'deno':
        return
    os.environ['DENO_NO_UPDATE_CHECK'] = '1'
    own = os.path.join(folder, '.deno')
    libraries = settings.solver_libraries
    # Deno keeps databases beside the libraries. Where it can write anywhere, it must not write to the folder of all jobs.
    os.environ['DENO_DIR'] = own if libraries is None or can_write_anywhere else libraries
    if libraries is None or not can_write_anywhere:
        return
    os.makedirs(own, exist_ok=True)
    link, target = os.path.join(own, 'npm'), os.path.join(libraries, 'npm')
    if os.path.realpath(link) != os.path.realpath(target):
        if os.path.lexists(link):
            os.unlink(link)
        os.symlink(target, link)


def environment() -> Dict[str, str]:
    return {name: os.environ[name] for name in _VARIABLES if name in os.environ}


def limit(settings: Settings) -> None:
    """Called between fork and exec of a runtime."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    wanted = settings.runtime_cpu_seconds
    seconds = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
