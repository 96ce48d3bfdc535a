"""Python's start-up hook in the processes of a week: the bench's name server resolves ``.example`` and ``.github.io``.

It replaces only ``socket.getaddrinfo`` and ``socket.gethostbyname``, where the system would be asked; the rest is unchanged.
"""

import os
import secrets
import socket
import struct

_PORT = int(os.environ.get("WEEK_NAMES_PORT", "0"))
# the resolver of the world answers at once, unless names are the fault
_SECONDS = 3.0
# github.io for sites of many owners under one domain; the real one is never contacted
_OURS = (".example", ".github.io")
_A, _AAAA = 1, 28
_system = socket.getaddrinfo


def _ask(host: str, kind: int) -> list[str]:
    number = secrets.randbelow(65_536)
    labels = b"".join(bytes([len(part)]) + part.encode() for part in host.rstrip(".").split("."))
    question = struct.pack(">6H", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", kind, 1)  # fmt: skip
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(_SECONDS)
        asking.sendto(question, ("127.0.0.1", _PORT))
        answer = asking.recv(4096)
    if struct.unpack(">H", answer[:2])[0] != number or answer[3] & 0xF:
        return []
    found, at = [], len(question)
    for _ in range(struct.unpack(">H", answer[6:8])[0]):
        kind_found, _cls, _ttl, size = struct.unpack(">2HIH", answer[at + 2 : at + 12])
        data = answer[at + 12 : at + 12 + size]
        if kind_found == kind:
            family = socket.AF_INET if kind == _A else socket.AF_INET6
            found.append(socket.inet_ntop(family, data))
        at += 12 + size
    return found


def _getaddrinfo(host, port, family=0, type=0, proto=0, flags=0):  # type: ignore[no-untyped-def]  # as in socket
    name = host.decode() if isinstance(host, bytes) else host
    if not _PORT or not isinstance(name, str) or not name.rstrip(".").lower().endswith(_OURS):
        return _system(host, port, family, type, proto, flags)
    found: list = []  # type: ignore[type-arg]
    try:
        if family in (0, socket.AF_INET):
            found += [(socket.AF_INET, (a, port or 0)) for a in _ask(name, _A)]
        if family in (0, socket.AF_INET6):
            found += [(socket.AF_INET6, (a, port or 0, 0, 0)) for a in _ask(name, _AAAA)]
    except TimeoutError as error:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution") from error
    if not found:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    kind = type or socket.SOCK_STREAM
    return [(fam, kind, socket.IPPROTO_TCP, "", where) for fam, where in found]


def _gethostbyname(host):  # type: ignore[no-untyped-def]  # as in socket
    return _getaddrinfo(host, 0, socket.AF_INET)[0][4][0]  # type: ignore[no-untyped-call]  # the same


socket.getaddrinfo = _getaddrinfo
socket.gethostbyname = _gethostbyname
