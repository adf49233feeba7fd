"""Small records in the folder of a job, each one JSON object."""

import json
import os
from typing import Any, Dict


def read(path: str) -> Dict[str, Any]:
    """Empty when the record is missing or unreadable."""
    try:
        with open(path, encoding='utf-8') as file:
            content = json.load(file)
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def write(path: str, content: Dict[str, Any]) -> None:
    """Replaces the record in one step: after a kill in the middle the earlier content is still there."""
    with open(f'{path}.new', 'w', encoding='utf-8') as file:
        json.dump(content, file)
    os.replace(f'{path}.new', path)
