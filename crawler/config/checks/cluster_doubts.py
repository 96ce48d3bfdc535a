"""Doubts about ``[cluster]``: no faults, but somebody between two machines could read or change what they exchange."""

import ipaddress
from collections.abc import Iterator
from urllib.parse import parse_qs, unquote, urlsplit

from crawler.config.files.secrets import read_cluster_database
from crawler.config.schema import Config

# these look at the server's certificate; "require" encrypts for whoever answers, and the others need not encrypt at all
_VERIFIED = frozenset({"verify-full", "verify-ca"})


def find_cluster_doubts(config: Config) -> Iterator[str]:
    """Yield a sentence for each doubt about the way to PostgreSQL; raises ConfigFaulty if its address cannot be read."""
    if not config.cluster.is_on:
        return
    parts = urlsplit(read_cluster_database(config.cluster))
    stated = parse_qs(parts.query)
    places = parts.netloc.rpartition("@")[2] or ",".join(stated.get("host", ()))
    beyond = [host for host in map(_read_host, places.split(",")) if not _is_here(host)]
    mode = stated.get("sslmode", ["prefer"])[-1]
    if beyond and mode not in _VERIFIED:
        yield (
            f"[cluster] the connection to {beyond[0]} is made with sslmode={mode}, which does not check who answers: "
            "end the address with ?sslmode=verify-full (and &sslrootcert=FILE if an authority of your own signs)"
        )


def _read_host(place: str) -> str:
    """Return the host of ``host``, ``host:port``, ``[address]:port`` or an escaped path."""
    if place.startswith("["):
        return place[1:].partition("]")[0]
    return unquote(place.rpartition(":")[0] or place)


def _is_here(host: str) -> bool:
    """Return whether a host is this machine: none is stated, a folder with a socket, or a loopback address."""
    if not host or host.startswith(("/", "@")) or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
