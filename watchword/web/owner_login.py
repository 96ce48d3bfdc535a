"""The owner's way into the web pages: one password, slowed down for who guesses, and what signs their cookies.

Not by address of who asks: behind a proxy that is always the proxy. So that a stranger who guesses all day does not keep
the owner out, browsers that logged in before are told apart by a signed cookie and wait for their own mistakes alone;
``watchword browse --root`` needs no password at all.
"""

import hashlib
import hmac
import secrets
import time
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from crawler.backoff import Backoff
from crawler.storage.file.signing_key import read_signing_key

# what the web pages are handed their password by; the same name as the setting has
PASSWORD_VARIABLE = "WATCHWORD_WEB_PASSWORD"  # noqa: S105  # a name
SESSION_SECONDS = 14 * 86_400
# mistakes that cost nothing: caps lock, the other password, the other keyboard
_FREE_MISTAKES = 4
_BACKOFF = Backoff(timedelta(seconds=1), timedelta(seconds=30))
# so long without a mistake, and all is forgotten
_FORGET_SECONDS = 900.0
_LEAST_KEY_BYTES = 32


class Mistakes:
    """How often a wrong password was said lately, and how long the next try has to wait for that."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._count = 0
        self._last_at = 0.0

    def add(self) -> int:
        """Count one and return how many there were lately."""
        self._forget()
        self._count += 1
        self._last_at = self._monotonic()
        return self._count

    def clear(self) -> None:
        """Forget all."""
        self._count = 0

    def wait_seconds(self) -> float:
        """Return how long the next try has to wait; 0 where it may come now."""
        self._forget()
        if self._count < _FREE_MISTAKES:
            return 0.0
        pause = _BACKOFF.wait_after(self._count - _FREE_MISTAKES + 1).total_seconds()
        return max(0.0, self._last_at + pause - self._monotonic())

    def _forget(self) -> None:
        if self._monotonic() - self._last_at > _FORGET_SECONDS:
            self._count = 0


class OwnerLogin:
    """The owner's password, and how it is asked for.

    password   what the owner says; not empty
    monotonic  a steady clock
    """

    def __init__(self, password: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._key = secrets.token_bytes(32)
        self._digest = self._hash(password)
        self._mistakes = {is_known: Mistakes(monotonic) for is_known in (False, True)}

    def wait_seconds(self, *, is_known: bool) -> float:
        """Return how long a browser has to wait before its next try; 0 where it may try now.

        is_known  it logged in before
        """
        return self._mistakes[is_known].wait_seconds()

    def is_right(self, stated: str, *, is_known: bool) -> bool:
        """Return whether that is the password, and count a mistake; ask only where nobody has to wait."""
        if hmac.compare_digest(self._hash(stated), self._digest):
            self._mistakes[is_known].clear()
            return True
        self._mistakes[is_known].add()
        return False

    def _hash(self, text: str) -> bytes:
        """Return a digest of what was typed: of one length, and the same however a keyboard composes its letters."""
        typed = unicodedata.normalize("NFC", text).encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, typed, "sha256")


def make_secret(database: Path, password: str) -> str:
    """Return what cookies are signed with.

    With a password it survives restarts, comes from the key beside the database, and is another one once the password
    is. Without one, or where that key cannot be had, it is new with each process.
    """
    try:
        key = read_signing_key(database) if password else b""
    except OSError:  # a read-only folder without a key
        key = b""
    if len(key) < _LEAST_KEY_BYTES:  # a cut file: who has a cookie could try passwords at home
        return secrets.token_hex(32)
    word = b"web pages\0" + unicodedata.normalize("NFC", password).encode()
    return hmac.new(key, word, hashlib.sha256).hexdigest()
