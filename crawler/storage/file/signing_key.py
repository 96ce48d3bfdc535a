"""The key of signed links, in a file beside the database: it is in no backup of rows, and nobody browses it."""

import os
import secrets
from pathlib import Path

# a shorter one was cut off while it was written; ours have 32
_LEAST_KEY_BYTES = 16


def list_signing_keys(database: Path) -> tuple[bytes, ...]:
    """Return the keys whose links are ours, the one that signs last.

    An old key is honoured while it lies beside the new one as ``watchword.db.key.old``: so the key can be changed without
    ending the links of messages that were sent before.
    """
    key = read_signing_key(database)
    try:
        old = database.with_name(f"{database.name}.key.old").read_bytes()
    except OSError:
        return (key,)
    return (old, key) if len(old) >= _LEAST_KEY_BYTES else (key,)


def read_signing_key(database: Path) -> bytes:
    """Read the key of signed links from beside the database; made at first need, for its owner only."""
    file = database.with_name(f"{database.name}.key")
    try:
        return file.read_bytes()
    except FileNotFoundError:
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        # `mail test` comes before the first visit
        draft.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as target:
            target.write(secrets.token_bytes(32))
        try:
            os.link(draft, file)  # whoever comes second takes the key that is there
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return file.read_bytes()
