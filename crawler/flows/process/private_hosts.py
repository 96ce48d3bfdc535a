"""Which private hosts this process may connect to: those of sources that say ``allow_private = true``, and proxies.

Who states a proxy states where it is; what is asked through it is resolved there.

One set for the process, because there is one resolver for the process; the address guard reads it.
"""

from urllib.parse import urlsplit

from crawler.config.schema import Config
from crawler.text.web.proxies import read_proxy

_hosts: set[str] = set()
_proxies: set[str] = set()


def allow_private_hosts(config: Config) -> None:
    """Put a configuration's private hosts in force, in place of those before."""
    _hosts.clear()
    _proxies.clear()
    private = (urlsplit(source.url).hostname for source in config.sources if source.allow_private)
    proxies = map(read_proxy, (config.fetch.proxy, *(source.proxy for source in config.sources)))
    _hosts.update(host for host in private if host)
    _proxies.update(proxy.host for proxy in proxies if proxy)


def may_be_private(host: str) -> bool:
    """Return whether a source may lie at a host on this machine or a private network."""
    return host in _hosts


def is_proxy(host: str) -> bool:
    """Return whether a proxy is there: it may lie inside, and that opens it to no source."""
    return host in _proxies
