"""The private hosts this process may connect to: those of sources with ``allow_private = true``, and proxies.

A configured proxy may be anywhere; hosts asked through it are resolved there. There is one set for the process, because it
has one resolver; the address guard reads it.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from crawler.config.schema import Config
from crawler.text.web.proxies import read_proxy

_hosts: set[str] = set()
_proxies: set[str] = set()


def allow_private_hosts(config: Config, *, hosts: Iterable[str] | None = None) -> None:
    """Replace the private hosts by those of a configuration.

    hosts  in place of those of its sources: a worker has few of these
    """
    allowed = {*(list_private_hosts(config) if hosts is None else hosts)}
    _hosts.clear()
    _proxies.clear()
    proxies = map(read_proxy, (config.fetch.proxy, *(source.proxy for source in config.sources)))
    _hosts.update(allowed)
    _proxies.update(proxy.host for proxy in proxies if proxy)


def list_private_hosts(config: Config) -> tuple[str, ...]:
    """Return the hosts of sources with ``allow_private``, each once, sorted."""
    private = (urlsplit(source.url).hostname for source in config.sources if source.allow_private)
    return tuple(sorted({host for host in private if host}))


def may_be_private(host: str) -> bool:
    """Return whether a source's host may be on this machine or a private network."""
    return host in _hosts


def is_proxy(host: str) -> bool:
    """Return whether a host is a proxy: it may be inside, but that does not open it to sources."""
    return host in _proxies
