"""When the certificates of sources end: a source whose certificate ends is refused from that day on."""

import asyncio
import ssl
from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from crawler.config.schema import Config
from crawler.config.sections.sources import SourceSettings
from crawler.machine.trust import make_context
from crawler.model.proxy import Proxy
from crawler.text.web.proxies import NO_PROXY, read_proxy
from watchword.reach.connections import connect
from watchword.survey import Surveyed

# each is a connection without a request, to a host of its own
_MOST_AT_ONCE = 16
_HTTPS_PORT = 443
_Place = tuple[str, int, Proxy | None]


async def find_source_ends(
    found: Iterable[Surveyed], config: Config
) -> Mapping[str, tuple[datetime, str]]:
    """Return by source's name the certificate that ends first of those its endpoints have: when, and of which host.

    found  sources that were visited; those that could not be read are left out, as their failure names the certificate

    Each host is connected to once and asked nothing; one that does not answer this time has no certificate.
    """
    settings = {source.name: source for source in config.sources}
    places = {
        one.name: set(_list_places(one, settings[one.name], config))
        for one in found
        if one.failure is None
    }
    try:
        context = make_context(config.tls.ca_file)
    except OSError:  # then no source that has a certificate could be read either
        return {}
    limit = asyncio.Semaphore(_MOST_AT_ONCE)
    every = tuple({place for some in places.values() for place in some})
    ends = dict(
        zip(every, await asyncio.gather(*(_ask(one, context, limit) for one in every)), strict=True)
    )
    return {
        name: min(known)
        for name, some in places.items()
        if (known := [(end, place[0]) for place in some if (end := ends[place]) is not None])
    }


def _list_places(one: Surveyed, settings: SourceSettings, config: Config) -> Iterable[_Place]:
    for url in (one.url, *one.endpoint_urls):
        parts = urlsplit(url)
        if parts.scheme == "https" and parts.hostname:
            yield parts.hostname, parts.port or _HTTPS_PORT, _find_proxy(settings, url, config)


def _find_proxy(settings: SourceSettings, url: str, config: Config) -> Proxy | None:
    if settings.proxy is None:
        return config.fetch.proxy_rules.find(url)
    return None if settings.proxy == NO_PROXY else read_proxy(settings.proxy)


async def _ask(place: _Place, context: ssl.SSLContext, limit: asyncio.Semaphore) -> datetime | None:
    host, port, proxy = place
    async with limit:
        try:
            return await connect(host, port, context, proxy=proxy)
        except (OSError, TimeoutError, UnicodeError):
            return None
