"""Bundles, notes and rules as bytes: deflated JSON, checked against the records when it is read.

Not pickled: whoever can write into the carrier's database would run programs at home.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Annotated, Any, TypeVar

from pydantic import ConfigDict, Discriminator, TypeAdapter, ValidationError

from crawler.errors import SetAside
from crawler.flows.cluster.notes import Note
from crawler.model.cluster.bundle import Bundle
from crawler.model.watch import Watch

_R = TypeVar("_R")
# the form of what is exchanged: a worker of another one is refused. To be raised with every change of a record that travels
EXCHANGE = 1
# level 1 makes a result of 20 KB a sixth longer than level 6 and takes a third of its time
_LEVEL = 1
# opened; a batch of notes has 256 KB, or one note, whose page has at most `[fetch] max_size`
_MOST_BYTES = 256_000_000
_CONFIG = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRules:
    """What of a configuration a worker needs: how to fetch, what to keep, what to match. No source, recipient or secret.

    fetch, store   these tables of the configuration, as JSON values, without a proxy
    watches        without their recipients
    languages, scripts  as in ``WatchSet``
    words          queries and synonyms, for whose scripts dictionaries are needed
    private_hosts  hosts of sources with ``allow_private``: other sources, too, may link to them
    """

    fetch: dict[str, Any]
    store: dict[str, Any]
    watches: tuple[Watch, ...] = field(default=(), repr=False)
    languages: tuple[str, ...] = ()
    scripts: str = ""
    words: tuple[str, ...] = field(default=(), repr=False)
    private_hosts: tuple[str, ...] = field(default=(), repr=False)


class DamagedParcel(SetAside):
    """What came is no bundle, notes or rules of this release."""


_BUNDLE: TypeAdapter[Bundle] = TypeAdapter(tuple[Bundle], config=_CONFIG)  # type: ignore[arg-type]  # a dataclass alone takes no configuration
_RULES: TypeAdapter[Any] = TypeAdapter(tuple[WorkerRules], config=_CONFIG)
_NOTE: TypeAdapter[Any] = TypeAdapter(tuple[Annotated[Note, Discriminator("kind")]], config=_CONFIG)
_NOTES: TypeAdapter[Any] = TypeAdapter(
    tuple[Annotated[Note, Discriminator("kind")], ...], config=_CONFIG
)


def write_bundle(bundle: Bundle) -> bytes:
    """Return a bundle as bytes."""
    return zlib.compress(_BUNDLE.dump_json((bundle,)), _LEVEL)  # type: ignore[arg-type]


def read_bundle(body: bytes) -> Bundle:
    """Return the bundle of some bytes; raises DamagedParcel if there is none."""
    (bundle,) = _read(_BUNDLE, body)
    return bundle  # type: ignore[no-any-return]


def write_rules(rules: WorkerRules) -> bytes:
    """Return rules as bytes, the same for the same rules."""
    return zlib.compress(_RULES.dump_json((rules,)), _LEVEL)


def read_rules(body: bytes) -> WorkerRules:
    """Return the rules of some bytes; raises DamagedParcel if there are none."""
    (rules,) = _read(_RULES, body)
    return rules  # type: ignore[no-any-return]


def write_note(note: Note) -> bytes:
    """Return a note as JSON, to be joined with others by ``join_notes``."""
    return bytes(_NOTE.dump_json((note,))[1:-1])


def join_notes(written: Sequence[bytes]) -> bytes:
    """Return written notes as one message, in their order."""
    return zlib.compress(b"[%b]" % b",".join(written), _LEVEL)


def read_notes(body: bytes) -> tuple[Note, ...]:
    """Return the notes of a message; raises DamagedParcel if there are none."""
    return _read(_NOTES, body)  # type: ignore[no-any-return]


def _read(adapter: TypeAdapter[Any], body: bytes) -> Any:
    opener = zlib.decompressobj()
    try:
        text = opener.decompress(body, _MOST_BYTES)
        if opener.unconsumed_tail or not opener.eof:
            raise DamagedParcel("what came is longer than anything that is exchanged, or cut off")
        return adapter.validate_json(text)
    except (zlib.error, ValidationError) as error:
        # without its text, which may hold words of articles
        raise DamagedParcel(f"what came cannot be read: {type(error).__name__}") from None


def key_of(rules: bytes) -> str:
    """Return the key of written rules: equal for equal rules."""
    return blake2b(rules, digest_size=12).hexdigest()


def watches_version(key: str) -> int:
    """Return the number by which a worker's parse pool knows the watches of rules; never 0."""
    return 1 + int(key[:12], 16)
