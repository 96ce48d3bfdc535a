"""Sign-in by a reverse proxy: it states in a header who has signed in there, and is believed by its address."""

import ipaddress
from collections.abc import Sequence
from typing import Any

from watchword.web.access.visitors import OWNER_ID, OWNER_NAME

# longer names are no names of people
_MOST_SIGNS = 100


class ProxyLogin:
    """What a proxy in front states.

    header     the header with the reader's name, such as ``Remote-User``; the proxy must remove it from what readers send
    addresses  of the proxy: addresses or networks. Others cannot state anything
    owners     names of readers who see recipients and messages
    """

    def __init__(self, *, header: str, addresses: Sequence[str], owners: Sequence[str]) -> None:
        self._header = header.lower().encode("latin-1")
        self._networks = tuple(ipaddress.ip_network(one, strict=False) for one in addresses)
        self._owners = frozenset(owners)

    def find_actor(
        self, client: str, headers: Sequence[tuple[bytes, bytes]]
    ) -> dict[str, Any] | None:
        """Return the reader as Datasette's actor; None if the request is not the proxy's, or states no one name."""
        try:
            address = ipaddress.ip_address(client)
        except ValueError:
            return None
        if not any(address in network for network in self._networks):
            return None
        stated = [value for name, value in headers if name.lower() == self._header]
        if len(stated) != 1:  # two headers: one of them may be the reader's own
            return None
        name = stated[0].decode("utf-8", "replace").strip()
        if not name or len(name) > _MOST_SIGNS or not name.isprintable():
            return None
        if name in self._owners:
            return {"id": OWNER_ID, "reader": name}
        # never the owner's id, nor the name that their stars and requests have, whatever somebody calls themselves
        return None if name in {OWNER_ID, OWNER_NAME} else {"id": name}
