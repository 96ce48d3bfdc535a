"""Remembering from one visit to the next which addresses a sitemap listed, as keys, file by file.

A sitemap lists up to 50,000 addresses and often does not state their age. Those listed last time are not news. The
memory is stored with the endpoint as bytes: for each file a header of 16 bytes and 8 bytes a key, the file that was
read last first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from struct import Struct

# digest of the file's address, is_whole, brought, reserved, number of keys
_HEADER = Struct(">8sBBHI")
# of a digest: among 250,000 keys the chance that any two are equal is about one in 600 million
_KEY_BYTES = 8
# 2 MB in one row: five full files, or a WordPress site of 250,000 posts; a file with too many keys is stored without
_MOST_KEYS = 250_000
# files of one index; those that were read longest ago are dropped
_MOST_FILES = 5000
# keys kept of addresses that are no longer listed: they come back in "the latest thousand" if another one is removed
_MOST_GONE = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """One file of a sitemap as it was last read.

    keys      joined keys of the addresses that it listed, and of some that it listed before
    is_whole  False if the keys were too many to store, or the file could not be read
    brought   255 if its last visit found something new, one less for each visit since
    """

    keys: bytes = b""
    is_whole: bool = True
    brought: int = 0


def unpack_memory(seen_keys: bytes) -> dict[bytes, Remembered]:
    """Return the remembered files by the digest of their address; none if the bytes are damaged.

    seen_keys  bytes as ``pack_memory`` makes them, or empty
    """
    memory: dict[bytes, Remembered] = {}
    place = 0
    while place + _HEADER.size <= len(seen_keys):
        name, is_whole, brought, _, count = _HEADER.unpack_from(seen_keys, place)
        place += _HEADER.size
        keys = seen_keys[place : place + count * _KEY_BYTES]
        if len(keys) != count * _KEY_BYTES:
            return {}
        memory[name] = Remembered(keys=keys, is_whole=bool(is_whole), brought=brought)
        place += len(keys)
    return memory


def pack_memory(memory: Mapping[bytes, Remembered]) -> bytes:
    """Return the remembered files as bytes, at most 5,000 files and 250,000 keys.

    memory  digest of a file's address -> the file, the one read last first; the keys of the last ones are dropped
    """
    parts: list[bytes] = []
    room = _MOST_KEYS
    for name, each in list(memory.items())[:_MOST_FILES]:
        count = len(each.keys) // _KEY_BYTES
        kept = each if count <= room else replace(each, keys=b"", is_whole=False)
        count = len(kept.keys) // _KEY_BYTES
        room -= count
        parts += (_HEADER.pack(name, kept.is_whole, kept.brought, 0, count), kept.keys)
    return b"".join(parts)


def split_keys(keys: bytes) -> list[bytes]:
    """Return the single keys of joined ones, 8 bytes each."""
    return [keys[place : place + _KEY_BYTES] for place in range(0, len(keys), _KEY_BYTES)]


def join_keys(listed: list[bytes], *, before: bytes) -> bytes:
    """Return, joined, the keys of the addresses listed now and at most 5,000 of those that were listed before.

    before  joined keys of the last visit
    """
    present = set(listed)
    gone = [key for key in split_keys(before) if key not in present]
    return b"".join([*dict.fromkeys(listed), *gone[:_MOST_GONE]])
