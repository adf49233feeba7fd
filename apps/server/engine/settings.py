"""The first line on the host's stdin: where to listen, which engine to run and with which tools."""

import json
import os
import shutil
from typing import Any, Dict, FrozenSet, List, Optional


class Settings:
    """`module_path` is an entry for sys.path, a folder or a zip application; None when yt_dlp is importable as it is."""

    def __init__(self, line: bytes) -> None:
        fields: Dict[str, Any] = json.loads(line)
        self.socket_path: str = fields['socket']
        self.tier: str = fields['tier']
        self.parent_pid: int = fields['parent_pid']
        engine = fields['engine']
        self.binary: Optional[str] = engine['path'] if engine['kind'] == 'binary' else None
        self.module_path: Optional[str] = engine.get('path') if engine['kind'] == 'module' else None
        # The yt_dlp that was found: folder of its package, needed when there is no `module_path`, and its version.
        self.package_path: Optional[str] = engine.get('package')
        self.version: Optional[str] = engine.get('version')
        self.ffmpeg: Optional[str] = fields.get('ffmpeg_path')
        self.ffprobe: Optional[str] = fields.get('ffprobe_path')
        runtime = fields.get('js_runtime') or {}
        self.js_runtime_name: Optional[str] = runtime.get('name')
        self.js_runtime: Optional[str] = runtime.get('path')
        # YouTube's player of October 2025 needs 1.2 seconds on a computer of 2026. Without a limit, an endless loop would occupy a
        # core for an hour. Tests use a shorter time.
        self.runtime_cpu_seconds: int = fields.get('runtime_cpu_seconds') or 60
        # Deno's folder with the libraries of the solver scripts; None when yt-dlp contains them itself.
        self.solver_libraries: Optional[str] = fields.get('solver_libraries')
        # Likely command lines of jobs, see usual_options.py.
        self.usual_argvs: List[List[str]] = fields.get('usual_argvs') or []
        # File with trusted certificate authorities; None: only those of the system and of yt-dlp.
        self.authorities: Optional[str] = fields.get('authorities')
        # The owner's plugins for yt-dlp: jobs load them, the host never does.
        self.plugins: Optional[str] = fields.get('plugins')
        self.media_programs = self._spellings([self.ffmpeg, self.ffprobe])
        self.ffprobes = self._spellings([self.ffprobe])
        self.programs = self.media_programs | self._spellings([self.js_runtime])
        # Folders and files of the server that no job may read.
        self.protected: List[str] = fields.get('protected') or []
        # Only for tests and measurements: the Landlock version that the kernel pretends to have; 0: no sandbox.
        self.landlock_abi: Optional[int] = fields.get('landlock_abi')
        # Ports that no job may reach on loopback, whatever else is allowed.
        self.own_ports: FrozenSet[int] = frozenset(fields.get('own_ports') or [])
        self.max_connections: int = fields.get('max_connections', 64)
        # For systems without a signal at the parent's death; tests use it on Linux too.
        self.use_watcher: bool = bool(fields.get('use_watcher')) or self.binary is not None
        if self.tier == 'warm' and self.binary is not None:
            raise ValueError('a standalone binary cannot be warmed')

    def tools(self) -> List[str]:
        return [path for path in (self.ffmpeg, self.ffprobe, self.js_runtime) if path]

    def search_path(self) -> str:
        """PATH of every job: the folders of its tools, then the system's."""
        folders = [os.path.dirname(path) for path in self.tools()] + ['/usr/bin', '/bin']
        return os.pathsep.join(dict.fromkeys(folders))

    def _spellings(self, paths: List[Optional[str]]) -> FrozenSet[str]:
        """The absolute paths, and the bare names when a search on the job's PATH ends there."""
        search_path = self.search_path()
        found = {path for path in paths if path}
        names = {os.path.basename(path) for path in found}
        return frozenset(found | {name for name in names if shutil.which(name, path=search_path) in found})
