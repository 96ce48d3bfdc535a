"""Try all that a configuration wants to reach, once, and say in a line what became of each; nothing is sent or stored."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from crawler.alerting.mail.smtp_session import try_server
from crawler.config.files.secrets import read_ping
from crawler.config.schema import Config
from crawler.errors import ConfigFaulty, MailDeferred
from crawler.flows.mail.delivery.transports import find_server
from crawler.machine.trust import add_remedy, make_context
from crawler.model.visit import is_network_fault
from watchword.reach.connections import connect, explain
from watchword.reach.reached import FAILED, OK, UNTRIED, Reached, judge_end
from watchword.reach.signals import until_signal
from watchword.reach.source_certificates import find_source_ends
from watchword.reach.web_addresses import try_web
from watchword.survey import Surveyed, describe_survey, survey_sources

_PING = "[health] ping"
# words in a reason -> what to do; the first that fits
_ADVICE = (
    ("(no network, or", "check its name, and this machine's network"),
    ("robots.txt", "its robots.txt forbids that; ask the publisher, see `watchword docs sources`"),
    (
        "expired",
        "its certificate has expired, which only who runs it can mend; or this machine's clock is wrong",
    ),
    ("certificate", "its certificate is not valid for us; [tls] ca_file adds an authority"),
    ("HTTP 401", "it wants a login: `username` and `password_file` of the source"),
    ("HTTP 403", "it refuses robots like this one; ask the publisher, or look for another feed"),
    ("HTTP 404", "it has moved: `watchword source test` with the site's home page finds its feeds"),
    ("HTTP 410", "it is gone for good: remove it, or find its new feed"),
    ("HTTP 5", "its server has trouble; the daemon tries again"),
)


async def try_all(
    config: Config, *, on_tick: Callable[[int], object] = lambda _done: None
) -> tuple[Reached, ...]:
    """Try sources and their certificates, mail server, proxy, sign of life, web pages and links in mails; each takes a bounded time.

    on_tick  called a few times a second with the number of sources that were tried
    raises   CrawlStopped if a signal ended it
    """
    active = tuple(source for source in config.sources if not source.paused)
    found = await survey_sources(active, config, on_tick=on_tick) if active else ()
    return await until_signal(_try_rest(config, found))


async def _try_rest(config: Config, found: tuple[Surveyed, ...]) -> tuple[Reached, ...]:
    """Return what became of the sources that were visited, and of everything else."""
    now = datetime.now(UTC)
    ends, web, *others = await asyncio.gather(
        find_source_ends(found, config),
        try_web(config, now),
        _try_mail(config, now),
        _try_proxy(config),
        _try_ping(config, now),
    )
    reached = [_judge_source(one, ends.get(one.name), now=now) for one in found]
    channels = [
        Reached(
            kind="channel",
            name=channel.name,
            state=UNTRIED,
            text="trying it would send something",
            advice="`watchword alert test` does that",
        )
        for channel in config.channels
    ]
    return (*reached, *filter(None, others), *web, *channels)


def _judge_source(one: Surveyed, end: tuple[datetime, str] | None, *, now: datetime) -> Reached:
    if one.failure is not None:
        advice = advise(one.failure)
        return Reached(kind="source", name=one.name, state=FAILED, text=one.failure, advice=advice)
    ends_at, host = end or (None, "")
    text = describe_survey(one, now=now)
    return judge_end("source", one.name, text, ends_at, now=now, host=host)


def is_offline(found: tuple[Reached, ...]) -> bool:
    """Return whether this machine has no network: two or more sources, and all of them failed as without one."""
    sources = [one for one in found if one.kind == "source"]
    return len(sources) > 1 and all(is_network_fault(one.text) for one in sources)


def advise(reason: str) -> str:
    """Return what to do about the reason why a source could not be read."""
    fitting: Iterator[str] = (advice for words, advice in _ADVICE if words in reason)
    return next(fitting, "`watchword source test` with its address shows more")


async def _try_mail(config: Config, now: datetime) -> Reached | None:
    mail = config.mail
    if not mail.host:
        return None
    name = f"{mail.host}:{mail.port}"
    steps: list[str] = []
    try:
        server = await find_server(config)
        ends_at = await try_server(server, sender=mail.from_, on_step=steps.append)
    except MailDeferred as error:
        advice = "`watchword mail test` shows each step"
        return Reached(kind="mail", name=name, state=FAILED, text=str(error), advice=advice)
    said = [step for step in steps if step.startswith(("encrypted", "not encrypted", "logged in"))]
    return judge_end("mail", name, "; ".join(said) or "it answers", ends_at, now=now)


async def _try_proxy(config: Config) -> Reached | None:
    proxy = config.fetch.proxy_rules.proxy
    if proxy is None:
        return None
    try:
        await connect(proxy.host, proxy.port, None)
    except (OSError, TimeoutError) as error:
        advice = "without it no source is read: check [fetch] proxy"
        text = explain(error)
        return Reached(kind="proxy", name=proxy.url, state=FAILED, text=text, advice=advice)
    return Reached(kind="proxy", name=proxy.url, state=OK, text="it takes connections")


async def _try_ping(config: Config, now: datetime) -> Reached | None:
    """Only connect: an address that is fetched would say that the daemon is alive."""
    try:
        url = read_ping(config.health)
    except ConfigFaulty as error:
        return Reached(kind="ping", name=_PING, state=FAILED, text=str(error))
    if not url:
        return None
    parts = urlsplit(url)
    is_tls, host = parts.scheme == "https", parts.hostname or ""
    proxy = config.fetch.proxy_rules.find(url)
    if proxy is not None and not is_tls:
        text = "it goes through the proxy"
        return Reached(kind="ping", name=_PING, state=UNTRIED, text=text)
    try:
        context = make_context(config.tls.ca_file) if is_tls else None
        ends_at = await connect(host, parts.port or (443 if is_tls else 80), context, proxy=proxy)
    except (OSError, TimeoutError) as error:
        advice = "no sign of life can be sent there: check [health] ping"
        text = add_remedy(explain(error))
        return Reached(kind="ping", name=_PING, state=FAILED, text=text, advice=advice)
    return judge_end("ping", _PING, "it takes connections", ends_at, now=now)
