"""What is told of media that is not out yet, as extractors say it: before they say when it will be.
And of a fault in a plugin.

Prints by name of the case the fields of the last control line.
"""

import json
import sys

engine, path = sys.argv[1:3]
sys.path.insert(0, engine)
if path:
    sys.path.insert(1, path)

import failures  # noqa: E402
import yt_dlp  # noqa: E402
from yt_dlp.extractor.common import InfoExtractor  # noqa: E402

RELEASE = 4_000_000_000


class Told:
    optional = 0
    fields = None

    def report(self, fields):
        self.fields = fields


told = Told()
failures.install(told)


class RefusesFirst(InfoExtractor):
    _VALID_URL = r'x:(?P<id>first)'

    def _real_extract(self, url):
        self.raise_no_formats('This concert has not started yet', expected=True)
        return {'id': 'v', 'title': 't', 'live_status': 'is_upcoming', 'release_timestamp': RELEASE}


class HasNoFormats(InfoExtractor):
    _VALID_URL = r'x:(?P<id>none)'

    def _real_extract(self, url):
        return {'id': 'v', 'title': 't', 'formats': [], 'release_timestamp': RELEASE}


class FailsAfterwards(InfoExtractor):
    _VALID_URL = r'x:(?P<id>fails)'

    def _real_extract(self, url):
        self.raise_no_formats('This concert starts at noon', expected=True)
        raise KeyError('no time')


class RefusesForGood(InfoExtractor):
    _VALID_URL = r'x:(?P<id>good)'

    def _real_extract(self, url):
        self.raise_no_formats('This concert was removed', expected=True)
        raise AssertionError('goes on')


class Silent:
    def debug(self, _):
        pass

    info = warning = error = debug


found = {}
for extractor in (RefusesFirst, HasNoFormats, FailsAfterwards, RefusesForGood):
    downloader = yt_dlp.YoutubeDL({'logger': Silent(), 'simulate': True}, auto_init=False)
    downloader.add_info_extractor(extractor(downloader))
    address = extractor._VALID_URL.replace('(?P<id>', '').replace(')', '')
    try:
        downloader.extract_info(address)
    except yt_dlp.utils.DownloadError:
        pass
    found[extractor.__name__] = told.fields

# A module of the owner's, where Python's own kind of fault comes from.
plugin = {'__name__': 'yt_dlp_plugins.extractor.owners'}
exec('def read(page):\n    return page[0]', plugin)
try:
    plugin['read'](None)
except TypeError as error:
    failures.tell(told, error, f'ERROR: {error}')
    found['FailsInPlugin'] = told.fields
print(json.dumps(found))
