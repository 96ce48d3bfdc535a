"""Taking logins (``http://ada:secret@host/``) out of addresses, so that none is shown or stored."""

import re
from urllib.parse import unquote, urlsplit, urlunsplit

# up to the last @ before the path, as browsers read it; any scheme, because people paste feed: and rss: too
_LOGIN = re.compile(r"(?<![a-z0-9+.-])([a-z][a-z0-9+.-]{0,30}:[\\/]{0,3})[^/?#\\\s]{0,2000}@", re.I)


def without_login(url: str) -> str:
    """Return an address without its login; one without a login is returned unchanged."""
    if "@" not in url:
        return url
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def split_login(url: str) -> tuple[str, str, str]:
    """Return an address without its login, the name, and the password; both are empty if it has none.

    raises  ValueError if it cannot be read as an address
    """
    userinfo, _, _ = urlsplit(url).netloc.rpartition("@")
    name, _, password = userinfo.partition(":")
    return without_login(url), unquote(name), unquote(password)


def hide_login(text: str) -> str:
    """Return a text with the logins of all addresses in it removed, even of addresses that cannot be parsed."""
    return _LOGIN.sub(r"\1", text) if "@" in text else text
