"""What a robots.txt allows us."""

import re
from dataclasses import dataclass, field
from datetime import timedelta

from protego import Protego

from crawler.text.urls import absolute_url

# RFC 9309 wants at least 500 KiB read; 2 million lines took a parser 13 s and 880 MB
MAX_BYTES = 500 * 1024
_MOST_LINES = 20_000
_MOST_SITEMAPS = 20
# a site that asks for more than this between two pages could not be watched at all
LONGEST_CRAWL_DELAY = timedelta(minutes=10)
_RULE = re.compile(
    r"\s*(?:user-agent|allow|disallow|crawl-delay|request-rate|sitemap)\s*:", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Robots:
    """A robots.txt as understood for us.

    crawl_delay  pause it asks for between two pages, or None
    sitemaps     sitemaps it names
    refusal      why nothing may be fetched for now, None where the file was read or there is none
    """

    crawl_delay: timedelta | None = None
    sitemaps: tuple[str, ...] = ()
    refusal: str | None = None
    agent: str = ""
    rules: Protego | None = field(default=None, repr=False)

    def allows(self, url: str) -> bool:
        """Tell whether the rules let us fetch an address; a refusal for now is asked for apart."""
        return self.rules is None or bool(self.rules.can_fetch(url, self.agent))


def read_robots(body: str, *, origin: str, agent: str, refusal: str | None = None) -> Robots:
    """Read a robots.txt for our agent name; an empty one allows everything."""
    lines = [line for line in body[:MAX_BYTES].splitlines() if _RULE.match(line)][:_MOST_LINES]
    if refusal is not None or not lines:
        return Robots(refusal=refusal, agent=agent)
    rules = Protego.parse("\n".join(lines))
    delay = rules.crawl_delay(agent)
    sitemaps = (absolute_url(link, base=origin) for link in rules.sitemaps)
    return Robots(
        crawl_delay=min(timedelta(seconds=delay), LONGEST_CRAWL_DELAY) if delay else None,
        sitemaps=tuple(dict.fromkeys(link for link in sitemaps if link))[:_MOST_SITEMAPS],
        agent=agent,
        rules=rules,
    )
