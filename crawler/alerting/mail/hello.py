"""The name we introduce ourselves to a mail server by (EHLO). Strict servers take only a full one, and no ``localhost``."""

import ipaddress
import re

from crawler.text.web.mail_addresses import domain_to_ascii

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)
# names that say nothing outside of this machine, and what a look-up of an address that has no name gives
_NOT_OURS = frozenset({"localhost", "localdomain", "local", "arpa", "docker", "invalid"})
# the first 12 digits of a container's id are its host name
_CONTAINER = re.compile(r"[0-9a-f]{12}|[0-9a-f]{64}")


def choose_hello(stated: str, *, machine: str, sender: str, own_address: str) -> str:
    """Return what we call ourselves.

    stated       ``[mail] hello``, taken as it is
    machine      the full name of this machine, as far as it knows one
    sender       the address messages are sent from; its domain stands in for a machine without a full name
    own_address  our end of the connection, the last resort: ``[192.0.2.1]``
    """
    if stated:
        return stated
    if is_full_name(machine):
        return machine.rstrip(".")
    try:
        domain = domain_to_ascii(sender.rpartition("@")[2])
    except ValueError:
        domain = ""
    return domain if is_full_name(domain) else write_literal(own_address)


def is_full_name(name: str) -> bool:
    """Return whether a name is one that other machines can know this one by."""
    labels = name.rstrip(".").lower().split(".")
    if (
        len(labels) < 2
        or labels[-1] in _NOT_OURS
        or labels[-1].isdecimal()
        or labels[0] == "localhost"
    ):
        return False
    return not _CONTAINER.fullmatch(labels[0]) and all(map(_LABEL.fullmatch, labels))


def write_literal(address: str) -> str:
    """Return an IP address as EHLO takes it (RFC 5321, 4.1.3)."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "[127.0.0.1]"
    return f"[IPv6:{found}]" if found.version == 6 else f"[{found}]"
