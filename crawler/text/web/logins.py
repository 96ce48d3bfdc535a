"""Logins in addresses, as ``http://ada:secret@host/``: taken out, so that no address that is shown or kept has one."""

import re
from urllib.parse import unquote, urlsplit, urlunsplit

# up to the last @ before the path, as browsers read it; feed:, rss: and whatever else people paste too
_LOGIN = re.compile(r"(?<![a-z0-9+.-])([a-z][a-z0-9+.-]{0,30}:[\\/]{0,3})[^/?#\\\s]{0,2000}@", re.I)


def without_login(url: str) -> str:
    """Return an address without the login in it; one without any comes back as it is."""
    if "@" not in url:
        return url
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def split_login(url: str) -> tuple[str, str, str]:
    """Return an address without its login, the name and the password; both are empty where it has none.

    raises  ValueError where it is no address at all
    """
    userinfo, _, _ = urlsplit(url).netloc.rpartition("@")
    name, _, password = userinfo.partition(":")
    return without_login(url), unquote(name), unquote(password)


def hide_login(text: str) -> str:
    """Return a text fit to be shown, without the logins of addresses in it, readable or not."""
    return _LOGIN.sub(r"\1", text) if "@" in text else text
