"""The key of signed links, in a file beside the database: it is in no copy of the tables and on no web page."""

import os
import secrets
from pathlib import Path

from crawler.machine.access import give_away

# our keys have 32 bytes; a shorter file was cut off while it was written
_LEAST_KEY_BYTES = 16


def list_signing_keys(database: Path) -> tuple[bytes, ...]:
    """Return the keys whose links are valid; the last one signs new links.

    An old key counts while it is beside the new one as ``watchword.db.key.old``, so that the key can be changed and links of
    earlier messages still work.
    """
    key = read_signing_key(database)
    try:
        old = database.with_name(f"{database.name}.key.old").read_bytes()
    except OSError:
        return (key,)
    return (old, key) if len(old) >= _LEAST_KEY_BYTES else (key,)


def read_signing_key(database: Path) -> bytes:
    """Return the key of signed links; it is created when first needed, readable by its owner only."""
    file = database.with_name(f"{database.name}.key")
    try:
        return file.read_bytes()
    except FileNotFoundError:
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        # `mail test` may come before the first visit, which creates the folder
        draft.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as target:
            target.write(secrets.token_bytes(32))
        give_away(draft, like=draft.parent)
        try:
            os.link(draft, file)  # fails if another process was first: then its key counts
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return file.read_bytes()
