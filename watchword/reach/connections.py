"""Connecting to a place and leaving again: whether it answers, and when its certificate ends."""

import asyncio
import socket
import ssl
from datetime import UTC, datetime

from crawler.machine.tunnel import open_tunnel
from crawler.model.proxy import Proxy

CONNECT_SECONDS = 15.0


async def connect(
    host: str, port: int, context: ssl.SSLContext | None, *, proxy: Proxy | None = None
) -> datetime | None:
    """Connect and leave; return when the certificate ends, aware UTC, None without one.

    context  for TLS, None for a plain connection
    proxy    through which to connect, None for none
    raises   OSError or TimeoutError if that fails
    """
    async with asyncio.timeout(CONNECT_SECONDS):
        if proxy is None:
            _, writer = await asyncio.open_connection(host, port, ssl=context)
        else:
            reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
            try:
                place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
                await open_tunnel(reader, writer, place, login=proxy.login, by=proxy.place)
                if context is not None:
                    await writer.start_tls(context, server_hostname=host)
            except BaseException:
                writer.close()
                raise
    ends_at = find_end(writer.get_extra_info("peercert"))
    writer.close()
    return ends_at


def find_end(certificate: object) -> datetime | None:
    """Return when a certificate ends, as the module ``ssl`` describes one; None without one."""
    if not isinstance(certificate, dict) or "notAfter" not in certificate:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)


def explain(error: Exception) -> str:
    """Return in a sentence why nothing was reached."""
    if isinstance(error, socket.gaierror):
        return "its name is not known (no network, or a wrong name)"
    if isinstance(error, TimeoutError):
        return f"no answer within {CONNECT_SECONDS:g} s"
    if isinstance(error, ConnectionRefusedError):
        return "nothing answers there (connection refused)"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate verify failed: {error.verify_message}"
    return str(error)
