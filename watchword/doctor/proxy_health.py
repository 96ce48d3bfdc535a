"""The finding about the proxy that all requests go through."""

import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from crawler.text.counts import write_count
from watchword.doctor.findings import Finding, Verdict

if TYPE_CHECKING:  # for types only: --help must not wait for pydantic
    from crawler.config.schema import Config


def proxy_looks(
    config: "Config", environ: Mapping[str, str] = os.environ
) -> list[tuple[str, Callable[[], Finding]]]:
    """Return a check of the proxy if one is set, or if the environment names one that may be meant; else nothing."""
    from crawler.config.checks.proxy_doubts import find_proxy_doubts  # noqa: PLC0415  # pydantic

    doubts = tuple(find_proxy_doubts(config, environ))
    own = sum(source.proxy is not None for source in config.sources)
    if config.fetch.proxy is None and not own and not doubts:
        return []
    return [("proxy", partial(_look, config, own=own, doubts=doubts))]


def _look(config: "Config", *, own: int, doubts: tuple[str, ...]) -> Finding:
    """Return the proxy in use, without its login."""
    proxy, count = config.fetch.proxy_rules.proxy, len(config.fetch.no_proxy)
    parts = [f"[fetch] proxy {proxy.url}" if proxy else "no [fetch] proxy"]
    if proxy and count:
        parts.append(write_count(count, "exception"))
    if own:
        parts.append(f"{write_count(own, 'source')} with a `proxy` of their own")
    return Finding(subject="proxy", verdict=Verdict.OK, summary=", ".join(parts), details=doubts)
