"""What a job prepares for its JavaScript runtime, and what it takes from one that does not end.

A player script is code of a site. What it may reach is the part of the kernel (sandbox.py) and of the runtime itself.
"""

import os
import resource
from typing import Dict

from settings import Settings

# All that a runtime is told of the job's environment, which holds the credential of the egress proxy: Node lets a player
# script read its own, and a solution is sent to the site.
_VARIABLES = ('PATH', 'HOME', 'TMPDIR', 'LANG', 'DENO_DIR', 'DENO_NO_UPDATE_CHECK')


def prepare(folder: str, settings: Settings, can_write_anywhere: bool) -> None:
    """In the job, before the guard, which lets nobody make links. Sets the environment."""
    if settings.js_runtime_name != 'deno':
        return
    os.environ['DENO_NO_UPDATE_CHECK'] = '1'
    own = os.path.join(folder, '.deno')
    libraries = settings.solver_libraries
    # Deno keeps databases beside the libraries, and would write into those of all jobs where it may.
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
    """Between fork and exec of a runtime."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    wanted = settings.runtime_cpu_seconds
    seconds = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
