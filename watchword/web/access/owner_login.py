"""The owner's login to the web pages: one password, growing waits after mistakes, and the secret that signs cookies.

Mistakes are not counted by client address: behind a proxy that is always the proxy's. So that a stranger who guesses all
day cannot keep the owner out, browsers that logged in before are known by a signed cookie and wait only for the mistakes
of known browsers. ``watchword browse --root`` needs no password at all.
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

# the variable through which the process of the web pages gets the password; the setting has the same name
PASSWORD_VARIABLE = "WATCHWORD_WEB_PASSWORD"  # noqa: S105  # a name
# the same for the token of the link that signs in; no WATCHWORD_ name, as it is no setting and would be taken for a mistyped one
TOKEN_VARIABLE = "WEB_SIGN_IN_TOKEN"  # noqa: S105  # a name
# a login ends after two weeks, wherever the browser that has it is by then
SESSION_SECONDS = 14 * 86_400
# mistakes without a wait: caps lock, another password, another keyboard
_FREE_MISTAKES = 4
# up to 30 s: about 120 guesses an hour, while the owner never waits long
_BACKOFF = Backoff(timedelta(seconds=1), timedelta(seconds=30))
# after this time without a mistake the count starts again
_FORGET_SECONDS = 900.0
_LEAST_KEY_BYTES = 32


class Mistakes:
    """The recent wrong passwords, and how long the next try must wait because of them."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._count = 0
        self._last_at = 0.0

    def add(self) -> int:
        """Count a mistake; return how many there were lately."""
        self._forget()
        self._count += 1
        self._last_at = self._monotonic()
        return self._count

    def clear(self) -> None:
        """Forget all mistakes."""
        self._count = 0

    def wait_seconds(self) -> float:
        """Return how long the next try must wait, 0 if it may come now."""
        self._forget()
        if self._count < _FREE_MISTAKES:
            return 0.0
        pause = _BACKOFF.wait_after(self._count - _FREE_MISTAKES + 1).total_seconds()
        return max(0.0, self._last_at + pause - self._monotonic())

    def _forget(self) -> None:
        if self._monotonic() - self._last_at > _FORGET_SECONDS:
            self._count = 0


class OwnerLogin:
    """The owner's password, and the waits after mistakes.

    password   not empty
    monotonic  a steady clock
    """

    def __init__(self, password: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._key = secrets.token_bytes(32)
        self._digest = self._hash(password)
        self._mistakes = {is_known: Mistakes(monotonic) for is_known in (False, True)}

    def wait_seconds(self, *, is_known: bool) -> float:
        """Return how long a browser must wait before its next try, 0 if it may try now.

        is_known  whether it logged in before
        """
        return self._mistakes[is_known].wait_seconds()

    def is_right(self, stated: str, *, is_known: bool) -> bool:
        """Return whether this is the password; if not, count a mistake. Call only when no wait is left."""
        if hmac.compare_digest(self._hash(stated), self._digest):
            self._mistakes[is_known].clear()
            return True
        self._mistakes[is_known].add()
        return False

    def _hash(self, text: str) -> bytes:
        """Return a digest of a password: of fixed length, and the same for composed and decomposed characters."""
        typed = unicodedata.normalize("NFC", text).encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, typed, "sha256")


def make_secret(database: Path, password: str) -> str:
    """Return the secret that cookies are signed with.

    With a password it comes from the key beside the database: it survives restarts and changes with the password, which
    ends all logins. Without a password, or if the key cannot be read, it is new in each process.
    """
    try:
        key = read_signing_key(database) if password else b""
    except OSError:  # a read-only folder without a key
        key = b""
    if (
        len(key) < _LEAST_KEY_BYTES
    ):  # a truncated key file: with a short key, a cookie would be enough to try out passwords offline
        return secrets.token_hex(32)
    word = b"web pages\0" + unicodedata.normalize("NFC", password).encode()
    return hmac.new(key, word, hashlib.sha256).hexdigest()
