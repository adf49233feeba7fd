"""Every plain answer in the extractors of the installed yt-dlp, raised as they raise it and told as a job tells it.

Prints a list of {kind, text, line, fields}: the words of the extractor, the line that yt-dlp prints of them, and the
fields of the control line. Read from the syntax trees, so that no text of yt-dlp stands here.
"""

import ast
import json
import os
import sys

engine, path = sys.argv[1:3]
sys.path.insert(0, engine)
if path:
    sys.path.insert(1, path)

import failures  # noqa: E402
import yt_dlp  # noqa: E402
import yt_dlp.extractor  # noqa: E402
from yt_dlp.extractor.common import InfoExtractor  # noqa: E402
from yt_dlp.utils import ExtractorError  # noqa: E402

PLAIN = ('ExtractorError', 'raise_no_formats')
HELPERS = ('raise_login_required', 'raise_geo_restricted')
# Stands for what an extractor puts in: a name, a number, a date.
HOLE = 'X1'


def words(node):
    """The text of a node and whether it is literal; None when it is made of nothing but variables."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value, True
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else HOLE for part in node.values]
        return ''.join(parts), False
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = words(node.left), words(node.right)
        return left and right and (left[0] + right[0], left[1] and right[1])
    return None


def calls(tree):
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = getattr(node.func, 'id', None) or getattr(node.func, 'attr', None)
        expected = any(
            word.arg == 'expected' and getattr(word.value, 'value', None) is True for word in node.keywords
        )
        found = words(node.args[0]) if name in HELPERS or (name in PLAIN and expected) else None
        if found and found[0].replace(HOLE, '').strip():
            yield name, *found


class Told:
    optional = 0

    def report(self, fields):
        self.fields = fields


told = Told()
extractor = InfoExtractor(yt_dlp.YoutubeDL({'quiet': True}, auto_init=False))
folder = os.path.dirname(yt_dlp.extractor.__file__)
answers = []
for place, _, names in os.walk(folder):
    for name in sorted(names):
        if not name.endswith('.py'):
            continue
        with open(os.path.join(place, name), encoding='utf-8') as source:
            tree = ast.parse(source.read())
        for kind, text, is_literal in calls(tree):
            try:
                if kind == 'ExtractorError':
                    raise ExtractorError(text, expected=True)
                getattr(extractor, kind)(text, **({'expected': True} if kind in PLAIN else {}))
            except ExtractorError as error:
                error.ie, error.video_id = 'site', 'v1'
                line = f'ERROR: {error}'
                failures.tell(told, error, line)
            answers.append(
                {'kind': kind, 'is_literal': is_literal, 'text': text, 'line': line, 'fields': told.fields}
            )

print(json.dumps(answers))
