"""Checks that a fetched fragment is media and complete, whatever length the site has stated."""

import io
import os
import struct
from typing import Any, Optional

import fragment_heads
import fragment_shape
from fragment_state import State

_BLOCK_BYTES = 16
# Playlists round durations; old ones round to whole seconds.
_LEAST_SHORT_SECONDS = 0.2
_LEAST_SHORT_SHARE = 0.05
# Up to this many short answers of the same length may be faults of the connection; one more is all that the site has.
_MOST_SAME = 2
_MOST_SHORT = 2


def problem_of(state: State, index: int, name: str) -> Optional[str]:
    """What is wrong with the file `name` of this `frag_index`, or None."""
    fragment = state.fragments.get(index) or {}
    size = os.path.getsize(name)
    byte_range = fragment.get('byte_range')
    if byte_range and size != byte_range['end'] - byte_range['start']:
        return f'has {size} bytes instead of {byte_range["end"] - byte_range["start"]}'
    if not state.is_media:
        return None
    with open(name, 'rb') as file:
        head = file.read(fragment_heads.HEAD_BYTES)
        if (fragment.get('decrypt_info') or {}).get('METHOD') != 'AES-128':
            if fragment_heads.names_other_files(head):
                return None
            return fragment_heads.problem_of(head) or _shape_problem(state, index, head, file, size)
        if size % _BLOCK_BYTES:
            return 'is not encrypted as the playlist says'
        try:
            return _encrypted_problem(state, index, fragment, head, file, size)
        except Exception:
            # A missing key is reported when the whole fragment is decrypted.
            return None


def _encrypted_problem(state: State, index: int, fragment: Any, head: bytes, file: Any, size: int) -> Optional[str]:
    if state.decrypt is None:
        return None
    # The first blocks can be decrypted without the rest. One thread at a time, because the first one fetches the key.
    with state.lock:
        plain_head = state.decrypt(fragment, head) if size == len(head) else _beginning(state, fragment, head)
    if fragment_heads.names_other_files(plain_head):
        return None
    problem = fragment_heads.problem_of(plain_head)
    if problem is not None or not state.are_parts_whole:
        return problem
    kind = fragment_shape.kind_of(plain_head)
    state.kind = state.kind or kind
    if kind == fragment_shape.TS and size > 2 * _BLOCK_BYTES:
        # So can the last block, with the block before it as vector. It tells the length without padding.
        file.seek(size - 2 * _BLOCK_BYTES)
        vector, last = file.read(_BLOCK_BYTES), file.read(_BLOCK_BYTES)
        info = {**fragment['decrypt_info'], 'IV': vector}
        left = len(state.decrypt({**fragment, 'decrypt_info': info}, last))
        return fragment_shape.CUT if (size - _BLOCK_BYTES + left) % fragment_shape.PACKET_BYTES else None
    file.seek(0)
    plain = state.decrypt(fragment, file.read())
    if kind is None:
        return _unknown_problem(state, index, io.BytesIO(plain), plain_head)
    return fragment_shape.problem_of(io.BytesIO(plain), plain_head, len(plain))


def _beginning(state: State, fragment: Any, head: bytes) -> bytes:
    """yt-dlp (2026.10.26) takes the last byte as the length of the padding and drops so many bytes; for 0 it drops all."""
    from yt_dlp.aes import aes_cbc_decrypt_bytes

    info = fragment['decrypt_info']
    if not info.get('KEY'):
        state.decrypt(fragment, head)
    vector = info.get('IV') or struct.pack('>8xq', fragment['media_sequence'])
    return bytes(aes_cbc_decrypt_bytes(head, info['KEY'], vector))


def _shape_problem(state: State, index: int, head: bytes, file: Any, size: int) -> Optional[str]:
    if not state.are_parts_whole:
        return None
    kind = fragment_shape.kind_of(head)
    if kind is None:
        return _unknown_problem(state, index, file, head)
    state.kind = state.kind or kind
    is_range = bool((state.fragments.get(index) or {}).get('byte_range'))
    # A range has the length that the playlist states, wherever it ends.
    if is_range:
        return None
    problem = fragment_shape.problem_of(file, head, size)
    return _shortness(state, index, file, size) if problem is None and kind == fragment_shape.TS else problem


def _shortness(state: State, index: int, file: Any, size: int) -> Optional[str]:
    """One that ends between two packets is whole by its shape. Only the list says more, and may be wrong: what comes as
    short again and again is taken for what there is, and the list is believed no longer."""
    seconds = state.listed[index - 1].seconds if index <= len(state.listed) else None
    if seconds is None or len(state.short) > _MOST_SHORT:
        return None
    file.seek(0)
    found = fragment_shape.ts_seconds(file.read())
    if found is None or seconds - found < max(_LEAST_SHORT_SECONDS, seconds * _LEAST_SHORT_SHARE):
        return None
    with state.lock:
        sizes = state.sizes.setdefault(index, [])
        sizes.append(size)
        if sizes.count(size) <= _MOST_SAME:
            return 'is shorter than the list says'
        state.short.add(index)
    return None


def _unknown_problem(state: State, index: int, file: Any, head: bytes) -> Optional[str]:
    problem = fragment_shape.problem_of_unknown(file, head, state.kind)
    if problem is None and state.kind is None:
        state.unjudged.add(index)
    return problem


def is_other_media(state: State, index: int, content: bytes) -> bool:
    """Of one to be appended, which came before any thread knew what the stream is made of."""
    if index not in state.unjudged:
        return False
    head = content[: fragment_heads.HEAD_BYTES]
    return fragment_shape.problem_of_unknown(io.BytesIO(content), head, state.kind) is not None
