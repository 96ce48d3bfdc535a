"""Cookies of one instance: those of another on the same host, by another port or prefix, are not ours to read or to end.

Browsers keep cookies by host and path, whatever the port, and hand a page all of them: two instances would log each other
out. So the names Datasette gives them have an end of our own outside, and none inside.
"""

import hashlib
import re

_OWN = re.compile(r"ds_[a-z]{1,20}")
# what is signed looks like this; Python's reader of cookies stops at what it does not know, a stranger's included
_VALUE = re.compile(r"[A-Za-z0-9_.=:+/-]{1,4000}")
_ALL = re.compile(rb"(?i)\bpath=/(?=;|$)")


class InstanceCookies:
    """The cookies of one instance.

    secret    what they are signed with: another instance has another
    base      the path they are for, with a slash at both ends
    is_https  readers come over TLS: cookies go nowhere else
    """

    def __init__(self, secret: str, *, base: str, is_https: bool) -> None:
        digest = hashlib.sha256(b"names of cookies\0" + secret.encode()).hexdigest()
        self._end = f"_{digest[:8]}"
        self._base = base
        self._is_https = is_https

    def read(self, header: bytes) -> bytes:
        """Return the cookies a browser sends by the names they have inside; those of others are left out."""
        found: dict[str, str] = {}
        for part in header.decode("latin-1").split(";"):
            name, _, value = part.strip().partition("=")
            inside = name.removesuffix(self._end)
            # the first of two is the one with the longer path, which is ours
            if name != inside and _OWN.fullmatch(inside) and _VALUE.fullmatch(value):
                found.setdefault(inside, value)
        return "; ".join(f"{name}={value}" for name, value in found.items()).encode("latin-1")

    def write(self, header: bytes) -> bytes:
        """Return a Set-Cookie as it leaves: by its name outside, for this instance's path, for no script."""
        name, equals, rest = header.partition(b"=")
        if _OWN.fullmatch(name.decode("latin-1")):
            name += self._end.encode()
        said = _ALL.sub(b"Path=" + self._base.encode(), name + equals + rest)
        lower = said.lower()
        for attribute, is_wanted in ((b"HttpOnly", True), (b"Secure", self._is_https)):
            if is_wanted and b"; " + attribute.lower() not in lower:
                said += b"; " + attribute
        return said
