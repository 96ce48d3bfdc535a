"""Try all that a configuration wants to reach, once, and say in a line what became of each; nothing is sent or stored."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from crawler.alerting.mail.smtp_session import try_server
from crawler.config.files.secrets import read_ping
from crawler.config.schema import Config
from crawler.errors import ConfigFaulty, MailDeferred
from crawler.flows.mail.delivery.transports import find_server
from crawler.machine.trust import add_remedy, make_context
from crawler.model.visit import is_network_fault
from crawler.text.instants import write_day
from watchword.survey import describe_survey, survey_sources

# a certificate that ends sooner should have been renewed by now: those of 90 days are renewed with 30 left
_SOON = timedelta(days=14)
_CONNECT_SECONDS = 15.0
OK, LOOK, FAILED, UNTRIED = "ok", "look", "FAILED", "untried"
# words in a reason -> what to do; the first that fits
_ADVICE = (
    ("(no network, or", "check its name, and this machine's network"),
    ("robots.txt", "its robots.txt forbids that; ask the publisher, see `watchword docs sources`"),
    ("certificate", "its certificate is not valid for us; [tls] ca_file adds an authority"),
    ("HTTP 401", "it wants a login: `username` and `password_file` of the source"),
    ("HTTP 403", "it refuses robots like this one; ask the publisher, or look for another feed"),
    ("HTTP 404", "it has moved: `watchword source test` with the site's home page finds its feeds"),
    ("HTTP 410", "it is gone for good: remove it, or find its new feed"),
    ("HTTP 5", "its server has trouble; the daemon tries again"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What became of one try.

    name    what was tried, such as "mail" or a source's name
    state   ok, look, FAILED, or untried
    advice  what to do; empty if nothing is needed
    """

    kind: str
    name: str
    state: str
    text: str
    advice: str = ""


async def try_all(
    config: Config, *, on_tick: Callable[[int], object] = lambda _done: None
) -> tuple[Reached, ...]:
    """Try sources, mail server, proxy, sign of life and the public address; each takes a bounded time.

    on_tick  called a few times a second with the number of sources that were tried
    raises   CrawlStopped if a signal ended it
    """
    active = tuple(source for source in config.sources if not source.paused)
    found = await survey_sources(active, config, on_tick=on_tick) if active else ()
    now = datetime.now(UTC)
    reached = [
        Reached(kind="source", name=one.name, state=OK, text=describe_survey(one, now=now))
        if one.failure is None
        else Reached(
            kind="source", name=one.name, state=FAILED, text=one.failure, advice=advise(one.failure)
        )
        for one in found
    ]
    others = await asyncio.gather(
        _try_mail(config, now), _try_proxy(config), _try_ping(config, now), _try_web(config, now)
    )
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
    return (*reached, *(one for one in others if one is not None), *channels)


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
    return _judge_end("mail", name, "; ".join(said) or "it answers", ends_at, now=now)


async def _try_proxy(config: Config) -> Reached | None:
    proxy = config.fetch.proxy_rules.proxy
    if proxy is None:
        return None
    try:
        await _connect(proxy.host, proxy.port, None)
    except (OSError, TimeoutError) as error:
        advice = "without it no source is read: check [fetch] proxy"
        text = _explain(error)
        return Reached(kind="proxy", name=proxy.url, state=FAILED, text=text, advice=advice)
    return Reached(kind="proxy", name=proxy.url, state=OK, text="it takes connections")


async def _try_ping(config: Config, now: datetime) -> Reached | None:
    """Only connect: an address that is fetched would say that the daemon is alive."""
    try:
        url = read_ping(config.health)
    except ConfigFaulty as error:
        return Reached(kind="ping", name="[health] ping", state=FAILED, text=str(error))
    if not url:
        return None
    return await _try_address("ping", "[health] ping", url, config, now=now)


async def _try_web(config: Config, now: datetime) -> Reached | None:
    """Try the address that readers of mails are given, if it is a public one."""
    url = config.web.url
    host = urlsplit(url).hostname or ""
    if host in {"localhost", "127.0.0.1", "::1"}:
        return None
    return await _try_address("web pages", url, url, config, now=now)


async def _try_address(kind: str, name: str, url: str, config: Config, *, now: datetime) -> Reached:
    parts = urlsplit(url)
    is_tls, host = parts.scheme == "https", parts.hostname or ""
    if kind == "ping" and config.fetch.proxy_rules.proxy is not None:
        return Reached(kind=kind, name=name, state=UNTRIED, text="it goes through the proxy")
    try:
        context = make_context(config.tls.ca_file) if is_tls else None
        ends_at = await _connect(host, parts.port or (443 if is_tls else 80), context)
    except (OSError, TimeoutError) as error:
        advice = f"nobody reaches it from here: check [{'health' if kind == 'ping' else 'web'}]"
        text = add_remedy(_explain(error))
        return Reached(kind=kind, name=name, state=FAILED, text=text, advice=advice)
    return _judge_end(kind, name, "it takes connections", ends_at, now=now)


async def _connect(host: str, port: int, context: ssl.SSLContext | None) -> datetime | None:
    """Connect and leave; return when the certificate ends, None without one."""
    async with asyncio.timeout(_CONNECT_SECONDS):
        _, writer = await asyncio.open_connection(host, port, ssl=context)
    certificate = writer.get_extra_info("peercert")
    writer.close()
    if not certificate:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)


def _explain(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "its name is not known (no network, or a wrong name)"
    if isinstance(error, TimeoutError):
        return f"no answer within {_CONNECT_SECONDS:g} s"
    if isinstance(error, ConnectionRefusedError):
        return "nothing answers there (connection refused)"
    return str(error)


def _judge_end(
    kind: str, name: str, text: str, ends_at: datetime | None, *, now: datetime
) -> Reached:
    """Return that something was reached; LOOK if its certificate ends soon."""
    if ends_at is None or ends_at - now > _SOON:
        return Reached(kind=kind, name=name, state=OK, text=text)
    return Reached(
        kind=kind,
        name=name,
        state=LOOK,
        text=f"{text}; its certificate ends on {write_day(ends_at)}",
        advice="renew it, or see why that is not done by itself",
    )
