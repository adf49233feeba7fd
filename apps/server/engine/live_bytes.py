"""The bytes of a segment of a live stream: all that were promised, and decrypted."""

from contextlib import closing
from typing import Any, Callable, Dict, Iterator, Optional, Tuple

from live_list import Key, NotPlain, Place

# A segment of fragmented MP4 whose times are read has to be in memory as a whole.
_MAX_SEGMENT_BYTES = 256 << 20
_CHUNK = 1 << 16
_BLOCK = 16

Fetch = Callable[[str, Dict[str, str]], Any]
"""Address and headers of the request; raises for any bad answer."""
Decrypt = Callable[[bytes, bytes, bytes], bytes]
"""AES-CBC: content, key, vector."""


class Broken(Exception):
    """A segment could not be fetched completely."""

    def __init__(self, message: str, status: Optional[int] = None) -> None:
        super().__init__(message)
        self.status = status


class SegmentBytes:
    """`decrypt` None: encrypted segments are refused."""

    def __init__(self, fetch: Fetch, decrypt: Optional[Decrypt]) -> None:
        self._fetch = fetch
        self._decrypt = decrypt
        # The newest key: a list changes it now and then.
        self._keys: Dict[str, bytes] = {}

    def of(self, place: Place, key: Optional[Key], number: int) -> Iterator[bytes]:
        """In pieces. `number` is that of the segment. Raises Broken, and NotPlain for what cannot be decrypted here."""
        chunks = self._read(place)
        if key is None:
            return chunks
        vector = number.to_bytes(_BLOCK, 'big') if key.vector is None else key.vector
        return self._decrypted(chunks, self._key_of(key), vector)

    def _key_of(self, key: Key) -> bytes:
        known = self._keys.get(key.url)
        if known is None:
            known = b''.join(self._read(Place(key.url)))
            if len(known) != _BLOCK:
                raise Broken('has a key of another length')
            self._keys = {key.url: known}
        return known

    def _decrypted(self, chunks: Iterator[bytes], key: bytes, vector: bytes) -> Iterator[bytes]:
        if self._decrypt is None:
            raise NotPlain('encrypted')
        held = b''
        for chunk in chunks:
            held += chunk
            # The last block has the padding.
            whole = max(0, len(held) - 1) // _BLOCK * _BLOCK
            if whole:
                part, held = held[:whole], held[whole:]
                yield self._decrypt(part, key, vector)
                vector = part[-_BLOCK:]
        if len(held) != _BLOCK:
            raise Broken('is not encrypted as the list says')
        last = self._decrypt(held, key, vector)
        if not 0 < last[-1] <= _BLOCK:
            raise Broken('cannot be decrypted')
        if last[-1] < _BLOCK:
            yield last[: -last[-1]]

    def _read(self, place: Place) -> Iterator[bytes]:
        """Raises Broken unless as many bytes came as were promised."""
        headers: Dict[str, str] = {}
        if place.length is not None:
            headers['Range'] = f'bytes={place.start}-{place.start + place.length - 1}'
        got = 0
        try:
            with closing(self._fetch(place.url, headers)) as response:
                skipped, wanted = _span_of(response, place)
                while wanted is None or got < wanted:
                    chunk = response.read(_CHUNK)
                    if not chunk:
                        break
                    if skipped:
                        chunk, skipped = chunk[skipped:], max(0, skipped - len(chunk))
                    chunk = chunk if wanted is None else chunk[: wanted - got]
                    got += len(chunk)
                    if got > _MAX_SEGMENT_BYTES:
                        raise Broken('has no end')
                    if chunk:
                        yield chunk
        except Broken:
            raise
        except Exception as error:
            raise Broken(str(error), getattr(error, 'status', None)) from error
        if wanted is not None and got < wanted:
            raise Broken(f'has {got} bytes instead of {wanted}')


def _span_of(response: Any, place: Place) -> Tuple[int, Optional[int]]:
    """How many bytes of the answer to skip, and how many must follow; None when that is unknown."""
    if place.length is None:
        length = response.headers.get('Content-Length')
        is_coded = response.headers.get('Content-Encoding', 'identity') != 'identity'
        return 0, None if length is None or is_coded else int(length)
    if response.status != 206:
        return place.start, place.length
    begin = (response.headers.get('Content-Range') or '').partition(' ')[2].partition('-')[0]
    if begin != str(place.start):
        raise Broken('comes from another place')
    return 0, place.length
