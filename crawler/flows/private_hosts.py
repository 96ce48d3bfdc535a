"""Which private hosts this process may connect to: those of sources that say ``allow_private = true``, and proxies.

One set for the process, because there is one resolver for the process; the address guard reads it.
"""

from urllib.parse import urlsplit

from crawler.config.schema import Config

_hosts: set[str] = set()


def allow_private_hosts(config: Config) -> None:
    """Put a configuration's private hosts in force, in place of those before."""
    _hosts.clear()
    stated = (
        address
        for source in config.sources
        for address in (source.url if source.allow_private else "", source.proxy or "")
    )
    _hosts.update(host for address in stated if (host := urlsplit(address).hostname))


def may_be_private(host: str) -> bool:
    """Tell whether a host may lie on this machine or a private network."""
    return host in _hosts
