"""The finding about the port of the health pages: who has it, if not the daemon."""

import asyncio
import http.client
import json
import socket
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from crawler.machine.processes.patience import ask_patiently
from crawler.storage.file.instance_lock import DAEMON, LockNote, find_holder
from watchword.doctor.findings import Finding, Verdict

if TYPE_CHECKING:  # for types only: --help must not wait for pydantic
    from crawler.config.schema import Config

# the daemon itself takes up to ten seconds, while its database is held
_SECONDS = 12.0
_MOST_BYTES = 65_536
# a daemon that starts opens its pages after its first look at everything else
_STARTING = timedelta(minutes=1)


def port_looks(config: "Config", *, now: datetime) -> list[tuple[str, Callable[[], Finding]]]:
    """Return a check of the port in ``[health] listen``; nothing without it."""
    address = config.health.address
    if address is None:
        return []
    return [("health pages", partial(_look, config, *address, now=now))]


def _look(config: "Config", host: str, port: int, *, now: datetime) -> Finding:
    """Return whether the daemon answers there, or could."""
    where, holder = config.health.listen, find_holder(config.store.path)
    daemon = holder if holder is not None and holder.holder == DAEMON else None
    pid = _find_pid(host, port)
    if daemon is not None and pid == daemon.pid:
        return _find(Verdict.OK, f"open at {where}")
    if problem := _find_problem(host, port):
        by = f"{where} is taken by another daemon of Watchword (process {pid})" if pid else ""
        return _find(
            Verdict.LOOK,
            by or f"nobody can listen on {where}: {problem}",
            "write a free port of this machine into [health] listen, or end the program that has this one; a daemon that hangs does not "
            "answer there either",
        )
    if daemon is not None and _must_answer(daemon, now=now):
        return _find(
            Verdict.LOOK,
            f"the daemon (pid {daemon.pid}) does not listen on {where}",
            "its log says why (`health pages not open`, or an edit that was refused); it tries again by itself",
        )
    return _find(Verdict.OK, f"{where} is free")


def _must_answer(daemon: LockNote, *, now: datetime) -> bool:
    """Return whether a daemon's pages can be seen from here and should be open by now: another container has ports of its own."""
    is_here = daemon.host[:64] == socket.gethostname()[:64]
    return is_here and not daemon.waits_for and now - daemon.started_at > _STARTING


def _find_problem(host: str, port: int) -> str:
    """Return why nobody can listen there now, found out as the daemon does it; empty if one can."""

    async def listen() -> None:
        server = await asyncio.start_server(lambda _reader, writer: writer.close(), host, port)
        server.close()

    try:
        asyncio.run(listen())
    except (OSError, UnicodeError) as error:
        return getattr(error, "strerror", None) or str(error)
    return ""


def _find_pid(host: str, port: int) -> int:
    """Return the process id that health pages state, 0 if there are none of ours."""
    try:
        found = ask_patiently(f"{host}:{port}", lambda: _read(host, port), seconds=_SECONDS)
        stated = json.loads(found)["pid"]
    # another program may answer anything; UnicodeError is a ValueError
    except (OSError, ValueError, LookupError, TypeError, RecursionError, http.client.HTTPException):
        return 0
    return stated if isinstance(stated, int) else 0


def _read(host: str, port: int) -> bytes:
    """Return the body of ``/healthz``, whatever its status: a daemon that is not well says who it is all the same."""
    with closing(http.client.HTTPConnection(host, port, timeout=_SECONDS)) as connection:
        connection.request("GET", "/healthz")
        return connection.getresponse().read(_MOST_BYTES)


def _find(verdict: Verdict, summary: str, remedy: str = "") -> Finding:
    return Finding(subject="health pages", verdict=verdict, summary=summary, remedy=remedy)
