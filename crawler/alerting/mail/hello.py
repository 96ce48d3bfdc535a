"""The name in EHLO. Strict servers accept only a full host name, not ``localhost`` or a container's id.

With such a name they refuse every message (crazy-max/diun#165, containrrr/watchtower#572, BytemarkHosting/docker-smtp#5).
"""

import ipaddress
import re

from crawler.text.web.mail_addresses import domain_to_ascii

# a label of a host name (RFC 1123, 2.1): at most 63 characters, no hyphen at its ends
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)
# last labels of names that mean nothing to other machines; looking up an address that has no name returns one under "arpa"
_NOT_OURS = frozenset({"localhost", "localdomain", "local", "arpa", "docker", "invalid"})
# a container's host name is the first 12 digits of its id
_CONTAINER = re.compile(r"[0-9a-f]{12}|[0-9a-f]{64}")


def choose_hello(stated: str, *, machine: str, sender: str, own_address: str) -> str:
    """Return the name for EHLO.

    stated       ``[mail] hello``, used as it is
    machine      the name of this machine, used if it is a full one
    sender       the address that messages are sent from, whose domain is the next choice
    own_address  the IP address of our end of the connection, the last choice, as in ``[192.0.2.1]``
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
    """Return whether a name is a full host name, by which other machines may know this one."""
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
    """Return an IP address in the form for EHLO (RFC 5321, 4.1.3)."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "[127.0.0.1]"
    return f"[IPv6:{found}]" if found.version == 6 else f"[{found}]"
