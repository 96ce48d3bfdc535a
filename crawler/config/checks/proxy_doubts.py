"""Doubts about proxy settings: no faults, but probably not what was meant."""

from collections.abc import Iterator, Mapping

from crawler.config.schema import Config

_STATED = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
_EXCEPTED = ("NO_PROXY", "no_proxy")


def find_proxy_doubts(config: Config, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each doubt about proxies; none quotes a variable's value, which may contain a login."""
    fetch = config.fetch
    if fetch.proxy is None and (name := _find_set(_STATED, environ)):
        yield (
            f"the environment's {name} is ignored; set `[fetch] proxy` for sources, webhooks and Apprise channels "
            '(or `proxy = "none"` to use none)'
        )
    if fetch.proxy_rules.proxy is None:
        if fetch.no_proxy:
            yield "[fetch] no_proxy lists exceptions from a proxy, but no [fetch] proxy is set"
        return
    if not fetch.no_proxy and (name := _find_set(_EXCEPTED, environ)):
        yield f"the environment's {name} is ignored; set `[fetch] no_proxy`"
    yield from _find_private(config)


def _find_set(names: tuple[str, ...], environ: Mapping[str, str]) -> str | None:
    return next((name for name in names if environ.get(name)), None)


def _find_private(config: Config) -> Iterator[str]:
    """Yield a sentence if sources on private addresses would be requested through the proxy."""
    rules = config.fetch.proxy_rules
    found = [
        source.name
        for source in config.sources
        if source.allow_private and source.proxy is None and rules.find(source.url)
    ]
    if found:
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        yield (
            f'source "{found[0]}"{more}: `allow_private` sources are asked through [fetch] proxy, too; where the proxy does not '
            'reach them, write their hosts into [fetch] no_proxy, or `proxy = "none"` into the source'
        )
