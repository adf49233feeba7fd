"""Work of yt-dlp that has the same result in every job, done once in the host.

Each shortcut replaces one function of the user's own yt_dlp, answers only the case it was prepared for and leaves
every other to the original. One that finds a yt_dlp built differently does nothing. The host forks a process for
every job, so what is handed out here may be changed freely by the job that gets it.
"""

import inspect
import re
import time
from typing import Any, Callable, List, Optional, Sequence

import media_tools
import processes
import usual_options
from candidates import Candidates
from settings import Settings


# The patterns of the extractors that can match one of these are compiled; a job compiles the few others it meets.
_WARM_ADDRESSES = ('https://example.invalid/', 'https://www.youtube.com/watch?v=', 'https://youtu.be/')


def install(settings: Settings) -> List[str]:
    """The names of those that could not be installed."""

    def prepare_usual_options() -> None:
        usual_options.prepare(settings.usual_argvs)

    shortcuts = [order_names_once, share_tls_context, print_what_is_asked, name_plain_files, limit_blocks]
    shortcuts += [name_process, prepare_usual_options, prepare_parser]
    return _try([*shortcuts, prepare_extractors, narrow_extractors])


def install_early(settings: Settings) -> List[str]:
    """Before the first use of an extractor; the names of those that could not be installed."""

    def use_our_tools() -> None:
        media_tools.install(settings)

    return _try([leave_out_tests, use_our_tools])


def _try(shortcuts: Sequence[Callable[[], None]]) -> List[str]:
    left_out = []
    for shortcut in shortcuts:
        try:
            shortcut()
        except Exception:
            left_out.append(shortcut.__name__)
    return left_out


def leave_out_tests() -> None:
    """Each extractor carries the cases of yt-dlp's own tests, 6 MB in all: dropped when its class is made."""
    from yt_dlp.extractor.common import InfoExtractor

    original = vars(InfoExtractor)['__init_subclass__'].__func__

    def init_subclass(cls: Any, **options: Any) -> None:
        original(cls, **options)
        for name in ('_TESTS', '_WEBPAGE_TESTS'):
            if vars(cls).get(name):
                setattr(cls, name, [])

    InfoExtractor.__init_subclass__ = classmethod(init_subclass)


def order_names_once() -> None:
    """yt-dlp compares each of 1,750 extractor names with all before it, twice a start: 25 ms."""
    from yt_dlp.utils import _utils

    original = _utils.orderedSet

    def ordered_set(iterable: Any, *, lazy: bool = False) -> Any:
        if not lazy and isinstance(iterable, (list, tuple)):
            try:
                return list(dict.fromkeys(iterable))
            except TypeError:
                pass
        return original(iterable, lazy=lazy)

    _utils.orderedSet = ordered_set


def share_tls_context() -> None:
    """Reading the certificates of all authorities takes 20 ms."""
    from yt_dlp.networking import common

    original: Callable[..., Any] = common.make_ssl_context
    prepared = original(verify=True, legacy_support=False, use_certifi=True)

    def make_ssl_context(**options: Any) -> Any:
        asked = {name for name, value in options.items() if value}
        if asked == {'verify', 'use_certifi'}:
            return prepared
        return original(**options)

    common.make_ssl_context = make_ssl_context


def prepare_parser() -> None:
    """The parser of 325 options; used once, since options of a job may change it."""
    from yt_dlp import options

    original = options.create_parser
    prepared = [original()]

    def create_parser() -> Any:
        return prepared.pop() if prepared else original()

    options.create_parser = create_parser


def prepare_extractors() -> None:
    """The list of extractors a job without restrictions gets."""
    import yt_dlp
    import yt_dlp.globals

    def has_plugins() -> bool:
        # Plugins come before the other extractors or replace one. The prepared list does not know them.
        return any(
            bool(getattr(yt_dlp.globals, name).value) for name in ('plugin_ies', 'plugin_ies_overrides')
        )

    original = yt_dlp.YoutubeDL.add_default_info_extractors
    with yt_dlp.YoutubeDL({'quiet': True}) as downloader:
        candidates = Candidates(downloader._ies)
        instances = dict(downloader._ies_instances)
    if not candidates or any(not hasattr(instance, 'set_downloader') for instance in instances.values()):
        raise LookupError
    for url in _WARM_ADDRESSES:
        for _, extractor in candidates.narrowed(url):
            extractor.suitable(url)
    prepared = [candidates]

    def add_default_info_extractors(self: Any) -> None:
        if has_plugins() or not prepared or self._ies or self.params.get('allowed_extractors', ['default']) != ['default']:
            original(self)
            return
        # Handed over, not copied: a copy would touch, and so unshare, the pages of 1,750 classes.
        self._ies = prepared.pop()
        for key, instance in instances.items():
            self._ies_instances[key] = instance
            instance.set_downloader(self)

    yt_dlp.YoutubeDL.add_default_info_extractors = add_default_info_extractors


def narrow_extractors() -> None:
    """The search for the extractor of an address asks only those that can match it: 9 ms of a job."""
    import yt_dlp

    original = yt_dlp.YoutubeDL.extract_info
    if list(inspect.signature(original).parameters)[:4] != ['self', 'url', 'download', 'ie_key']:
        raise LookupError

    def extract_info(
        self: Any, url: str, download: bool = True, ie_key: Optional[str] = None, *rest: Any, **options: Any
    ) -> Any:
        candidates = self._ies
        if not isinstance(candidates, Candidates):
            return original(self, url, download, ie_key, *rest, **options)
        is_search = ie_key is None and not rest[2:] and not options.get('force_generic_extractor')
        candidates.narrow(url if is_search else None)
        try:
            return original(self, url, download, ie_key, *rest, **options)
        finally:
            candidates.narrow(None)

    yt_dlp.YoutubeDL.extract_info = extract_info


_GETTERS = tuple(f'force{name}' for name in 'title id url thumbnail description filename duration format'.split())


def print_what_is_asked() -> None:
    """At seven points of a download yt-dlp draws four tables and makes up a file name, printed or not: 4 ms."""
    import yt_dlp

    original = yt_dlp.YoutubeDL._forceprint
    if list(inspect.signature(original).parameters) != ['self', 'key', 'info_dict']:
        raise LookupError
    tables = ('render_formats_table', 'render_thumbnails_table', 'render_subtitles_table')
    if not all(hasattr(yt_dlp.YoutubeDL, name) for name in tables):
        raise LookupError

    def forceprint(self: Any, key: str, info_dict: Any) -> Any:
        printed = [*self.params['forceprint'].get(key, ())]
        printed += [template for template, _ in self.params['print_to_file'].get(key, ())]
        # The result is read only for options such as --get-title.
        if not printed and (key != 'video' or not any(self.params.get(name) for name in _GETTERS)):
            return None
        if any('_table' in template for template in printed):
            return original(self, key, info_dict)
        for name in tables:
            setattr(self, name, _no_table)
        try:
            return original(self, key, info_dict)
        finally:
            for name in tables:
                delattr(self, name)

    yt_dlp.YoutubeDL._forceprint = forceprint


def _no_table(*_: Any) -> None:
    return None


_PLAIN_NAME = re.compile(r'(\w+\.)%\(ext\)s', re.ASCII)
_PLAIN_EXTENSION = re.compile('[A-Za-z0-9]{1,16}')


def name_plain_files() -> None:
    """yt-dlp makes up the name of a file seven times, with all that a template of names may ask for: 2 ms."""
    import yt_dlp

    original = yt_dlp.YoutubeDL.evaluate_outtmpl
    if list(inspect.signature(original).parameters)[:3] != ['self', 'outtmpl', 'info_dict']:
        raise LookupError

    def evaluate_outtmpl(self: Any, outtmpl: str, info_dict: Any, *rest: Any, **options: Any) -> Any:
        plain = _PLAIN_NAME.fullmatch(outtmpl)
        extension = info_dict.get('ext')
        if plain is None or not isinstance(extension, str) or not _PLAIN_EXTENSION.fullmatch(extension):
            return original(self, outtmpl, info_dict, *rest, **options)
        info_dict.setdefault('epoch', int(time.time()))
        return plain.group(1) + extension

    yt_dlp.YoutubeDL.evaluate_outtmpl = evaluate_outtmpl


# From a fast site yt-dlp would read up to 4 MB at once, and each read would allocate and touch that memory anew.
_LARGEST_BLOCK = 256 * 1024


def limit_blocks() -> None:
    from yt_dlp.downloader.common import FileDownloader

    original = FileDownloader.best_block_size
    if list(inspect.signature(original).parameters) != ['elapsed_time', 'bytes']:
        raise LookupError

    def best_block_size(elapsed_time: float, bytes: int) -> int:
        return min(original(elapsed_time, bytes), _LARGEST_BLOCK)

    FileDownloader.best_block_size = staticmethod(best_block_size)


def name_process() -> None:
    """yt-dlp loads the C library for this."""
    import yt_dlp

    if not callable(yt_dlp.setproctitle):
        raise LookupError
    yt_dlp.setproctitle = processes.name_process
