"""Checking a host name or IP address as people write it into a setting that takes nothing but a host."""

import ipaddress
import re
import unicodedata

from crawler.text.web.logins import hide_login
from crawler.text.web.mail_addresses import domain_to_ascii

# 255 octets on the wire (RFC 1035, 2.3.4) leave 253 characters
_LONGEST_NAME = 253
# people paste whole addresses, with one to three slashes
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:/{1,3}", re.IGNORECASE)
_PORT = re.compile(r"(?P<host>[^:]+|\[[^\]]*\]):(?P<port>\d{0,6})")
# quotes that shells and word processors leave around a value
_QUOTES = "\"'`“”„\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}«»"
# inet_aton takes "192.168.1" and "0x7f.1" for IP addresses; nobody means them
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*", re.IGNORECASE)


def read_host(stated: str) -> str:
    """Return a host in the form used to connect: a name in ASCII, or an IP address without brackets; empty stays empty.

    raises  ValueError with what is wrong and what to write instead; hosts like these once passed every check and failed at night
    """
    if not stated:
        return stated
    if stated.strip(_QUOTES) != stated:
        bare = stated.strip(_QUOTES)
        raise ValueError(f"{stated} includes quotes; write {bare} without them")
    if stated != stated.strip():
        raise ValueError(f'"{stated}" starts or ends with a space; write "{stated.strip()}"')
    if scheme := _SCHEME.match(stated):
        shown = hide_login(stated)
        raise ValueError(f'"{shown}" begins with {scheme[0]}; {_advise(stated[scheme.end() :])}')
    if address := _read_address(stated):
        return address
    if any(sign in stated for sign in "/?#@") or _PORT.fullmatch(stated):
        raise ValueError(f'"{stated}" is more than a host; {_advise(stated)}')
    if stated.endswith("."):
        raise ValueError(
            f'"{stated}" ends with a dot, which no certificate allows; {_advise(stated)}'
        )
    return _read_name(stated)


def _read_address(stated: str) -> str:
    """Return an IP address without brackets; empty if it is none, or IPv4 in brackets."""
    bare = stated[1:-1] if stated.startswith("[") and stated.endswith("]") else stated
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return ""
    return "" if bare != stated and address.version == 4 else bare


def _read_name(stated: str) -> str:
    # refused before IDNA maps the name, because the mapping silently drops invisible characters
    if stated.startswith("[") or any(unicodedata.category(sign)[0] in "CZ" for sign in stated):
        raise ValueError(f"{stated!a} is not a host; {_EXAMPLE}")
    try:
        name = domain_to_ascii(stated)
    except ValueError as error:
        raise ValueError(f'"{stated}" is not a host ({error}); {_EXAMPLE}') from None
    if len(name) > _LONGEST_NAME or _NUMBER.fullmatch(name.rpartition(".")[2]):
        raise ValueError(f'"{stated}" is neither a name nor an IP address; {_EXAMPLE}')
    return name


_EXAMPLE = 'write its name, such as "mail.example.org", or its IP address'


def _advise(rest: str) -> str:
    """Return advice on what to write instead of a whole address, of which only the host is wanted."""
    bare = re.split(r"[/?#]", rest.rpartition("@")[2])[0]
    found = _PORT.fullmatch(bare)
    host = (found["host"] if found else bare).strip("[]").rstrip(".")
    port = found["port"] if found else ""
    if not host:
        return _EXAMPLE
    return f'write "{host}"' + (f" and the port, {port}, into `port`" if port else "")
