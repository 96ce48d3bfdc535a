"""Telling systemd that the daemon is ready, well, or ending, as sd_notify(3) describes; without systemd nothing happens."""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress


def notify(state: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Send a state such as ``READY=1`` to the service manager; return whether there is one that took it."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    # a name that begins with @ is one of Linux's abstract sockets
    name = f"\0{address[1:]}" if address.startswith("@") else address
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:  # fmt: skip
        sender.settimeout(1.0)
        sender.sendto(state.encode(), name)
        return True
    return False
