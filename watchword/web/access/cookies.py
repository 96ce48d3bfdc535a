"""Cookies of one instance, kept apart from those of other instances on the same host.

Browsers store cookies by host and path, whatever the port, and send all of them: two instances on one host would log each
other out. So cookies carry an instance's own suffix in the browser, and Datasette sees them without it.
"""

import hashlib
import re

_OWN = re.compile(r"ds_[a-z]{1,20}")
# signed values look like this. Python's own parser stops at the first cookie it cannot read, which may be another program's
_VALUE = re.compile(r"[A-Za-z0-9_.=:+/-]{1,4000}")
_ALL = re.compile(rb"(?i)\bpath=/(?=;|$)")


class InstanceCookies:
    """The cookies of one instance.

    secret    what they are signed with; each instance has its own, and its suffix is made of it
    base      the path they are for, with a slash at both ends
    is_https  readers come over TLS, so cookies are marked Secure
    """

    def __init__(self, secret: str, *, base: str, is_https: bool) -> None:
        digest = hashlib.sha256(b"names of cookies\0" + secret.encode()).hexdigest()
        self._end = f"_{digest[:8]}"
        self._base = base
        self._is_https = is_https

    def read(self, header: bytes) -> bytes:
        """Return the Cookie header for Datasette: this instance's cookies without their suffix, and no others."""
        found: dict[str, str] = {}
        for part in header.decode("latin-1").split(";"):
            name, _, value = part.strip().partition("=")
            inside = name.removesuffix(self._end)
            # of two with one name browsers send the longer path first (RFC 6265, 5.4), which is ours
            if name != inside and _OWN.fullmatch(inside) and _VALUE.fullmatch(value):
                found.setdefault(inside, value)
        return "; ".join(f"{name}={value}" for name, value in found.items()).encode("latin-1")

    def write(self, header: bytes) -> bytes:
        """Return a Set-Cookie header for the browser: with the suffix, for this instance's path, hidden from scripts."""
        name, equals, rest = header.partition(b"=")
        if _OWN.fullmatch(name.decode("latin-1")):
            name += self._end.encode()
        written = _ALL.sub(b"Path=" + self._base.encode(), name + equals + rest)
        lower = written.lower()
        for attribute, is_wanted in ((b"HttpOnly", True), (b"Secure", self._is_https)):
            if is_wanted and b"; " + attribute.lower() not in lower:
                written += b"; " + attribute
        return written
