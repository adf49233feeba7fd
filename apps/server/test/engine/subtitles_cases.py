"""Settles texts that stdin names, as JSON, and chooses tags; prints what became of them as JSON."""

import json
import os
import sys
import tempfile

sys.path.insert(0, sys.argv[1])

import subtitle_files  # noqa: E402
import subtitle_languages  # noqa: E402

asked = json.load(sys.stdin)


def settled(text, encoding, language, extension, content_type):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'subtitle')
        with open(path, 'wb') as file:
            file.write(text.encode(encoding, 'surrogateescape'))
        try:
            extension, is_utf8 = subtitle_files.settle(path, language, extension, content_type)
        except subtitle_files.NoSubtitle as error:
            return {'refused': str(error)}
        with open(path, 'rb') as file:
            content = file.read()
        return {'extension': extension, 'text': content.decode('utf-8') if is_utf8 else None}


print(
    json.dumps(
        {
            'texts': [settled(*case) for case in asked['texts']],
            'tags': [subtitle_languages.patterns(*case) for case in asked['tags']],
        }
    )
)
