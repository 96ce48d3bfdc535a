"""``[fetch]``: cadence, politeness and limits."""

from datetime import timedelta
from typing import Self

from pydantic import Field, model_validator

from crawler.config.durations import Duration, SizeBytes, parse_duration, parse_size_bytes
from crawler.config.section import Section
from crawler.config.values import ProxyAddress, UnproxiedHost
from crawler.text.web.proxies import ProxyRules

_INTRODUCTION = "Watchword/0.1 (self-hosted news watch)"


class PerDomain(Section):
    """``[fetch] per_domain``: the budget of one registrable domain, shared by all its sources."""

    # sixteen bounds a typing mistake: a site would take more for an attack
    concurrency: int = Field(1, ge=1, le=16, description="Requests at the same time to one domain.")
    # a hundred new pages of one domain then take eight to eleven minutes
    delay: Duration = Field(
        parse_duration("5s"),
        description="Pause between an answer of a domain and the next request to it; up to a third longer, never shorter.",
    )


class FetchSettings(Section):
    """``[fetch]``: how pages are fetched."""

    # this cadence and its bounds: least waiting for a number of requests, by bench/cadence.py (decision 009)
    every: Duration = Field(
        parse_duration("30m"),
        description="Time between two visits to a source with one article an hour; others adapt from it.",
    )
    min_every: Duration = Field(parse_duration("10m"), description="Shortest adaptive interval.")
    max_every: Duration = Field(parse_duration("24h"), description="Longest adaptive interval.")
    per_domain: PerDomain = Field(
        PerDomain(), description="Budget of one registrable domain: `concurrency` and `delay`."
    )
    # these two are one line in the log of a site
    user_agent: str = Field(
        "", max_length=200, description="User agent of requests; empty means Watchword's own."
    )
    contact: str = Field(
        "", max_length=200, description="Address or page for site owners, added to the user agent."
    )
    # for the whole request, as a server that sends a byte a second is never silent
    timeout: Duration = Field(
        parse_duration("30s"), description="Longest time one request may take in total."
    )
    proxy: ProxyAddress | None = Field(
        None,
        repr=False,
        description="Proxy that sources, webhooks and Apprise channels go through, such as `http://proxy.example.org:3128`; a login in "
        "it (`http://name:password@...`) goes only to the proxy. `none` means no proxy. The environment's are ignored.",
    )
    # the address of each request is compared with all of them
    no_proxy: tuple[UnproxiedHost, ...] = Field(
        (),
        max_length=1000,
        description="Hosts reached without `proxy`: `intranet.example.org`, `.example.org` (a domain with all its hosts), "
        "`10.0.0.0/8` (hosts written as IP addresses), each with a port if need be; `*` is every host. This machine always is.",
    )
    # a feed that asks for a day would have news that is a day old
    max_feed_ttl: Duration = Field(
        parse_duration("1h"),
        description="Longest wait a feed's own `ttl`, `sy:updatePeriod` or `Cache-Control` may ask for.",
    )
    # pages of the benchmarks have 263 KB on average; reading 10 MB of short paragraphs takes the whole parse_timeout
    max_size: SizeBytes = Field(
        parse_size_bytes("10MB"), description="Largest answer that is read, after decompression."
    )
    # sixty-four answers of max_size would be 640 MB (decision 020)
    in_flight: SizeBytes = Field(
        parse_size_bytes("128MB"),
        description="Most memory for answers at the same time, over all sources; at this limit requests wait.",
    )
    # some feeds list their whole archive; how much was left out is noted at the visit
    max_entries: int = Field(
        500,
        ge=1,
        le=100_000,
        description="Most entries of one feed that are read; the rest are only counted.",
    )
    # with waits of 1, 5 and 30 minutes, 2 and 6 hours (decision 024)
    max_attempts: int = Field(
        5,
        ge=1,
        le=20,
        description="Attempts to fetch one announced page before it counts as failed.",
    )
    browser: str = Field(
        "",
        description="Browser for sources with `render`; empty means the one playwright installed.",
    )
    # 200 KB of `<!--` in a feed can hold its parser for minutes (decision 003)
    parse_timeout: Duration = Field(
        parse_duration("20s"),
        description="Longest time that reading one page or feed may take.",
    )
    # without it one source of slow pages left 42 good ones with 2 or 3 visits of 30 (decision 019)
    parse_budget: Duration = Field(
        parse_duration("5m"),
        gt=timedelta(0),
        description="Longest time that reading the pages of one source may take within an hour; further pages wait.",
    )
    # of address space (RLIMIT_AS), of which the loaded libraries take about 200 MB
    parse_memory: SizeBytes = Field(
        parse_size_bytes("1500MB"), description="Memory limit of a process that reads pages."
    )
    # 980 MB and 1.5 GB were seen, mostly bodies that waited (decisions 019 and 020), and 143 MB when idle; the least value
    # refuses a slip such as MB for GB
    crawl_memory: SizeBytes = Field(
        parse_size_bytes("1GB"),
        ge=100_000_000,
        description="Memory above which the crawl process is stopped in order and replaced.",
    )

    @property
    def proxy_rules(self) -> ProxyRules:
        """Return the rules that choose a host's proxy, if its source has none of its own."""
        return ProxyRules.read(self.proxy, self.no_proxy)

    @property
    def introduction(self) -> str:
        """Return the User-Agent we send: who we are, and whom to contact."""
        name = self.user_agent or _INTRODUCTION
        return f"{name} +{self.contact}" if self.contact else name

    @property
    def agent_name(self) -> str:
        """Return the name by which a robots.txt addresses us."""
        return self.introduction.partition("/")[0].strip() or "Watchword"

    @model_validator(mode="after")
    def _bounds_in_order(self) -> Self:
        if not self.min_every <= self.every <= self.max_every:
            raise ValueError("`every` must lie between `min_every` and `max_every`")
        return self
