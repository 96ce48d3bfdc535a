"""The public address of the web pages: whether what answers there are these pages, and whether the links in mails work."""

import asyncio
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import httpx

from crawler.alerting.channels.webhook import make_client
from crawler.config.schema import Config
from crawler.machine.trust import add_remedy, make_context
from crawler.text.web.http import printable_address
from watchword.reach.connections import CONNECT_SECONDS, explain, find_end
from watchword.reach.reached import FAILED, LOOK, Reached, judge_end
from watchword.web.public_address import (
    ALIVE,
    ALIVE_PATH,
    ANOTHER_NAME,
    NO_SUCH_LINK,
    SIGN_IN,
    is_loopback,
)

# what a link in a mail begins with; nothing is signed so, and the page says that it changed nothing
_MESSAGE_PATH = "/-/message/0.0.check"
_MOST_REDIRECTS = 5
_MOST_BYTES = 1_000_000
_WANTS_LOGIN = frozenset({401, 403, 407})
_DEAD = "until it is right each link in mails is dead: check [web] url, and the proxy in front of the web pages"
_RENEW = "renew it: until then browsers and mail programs refuse each link in mails"
_LOGIN = (
    "readers of mails must log in there to unsubscribe, and mail programs cannot: let /-/message/ and /-/alive "
    "pass without a login"
)


# what our own pages say where they are not asked as [web] url says
_OURS = {
    SIGN_IN: "Watchword's web pages answer there, but not below this path",
    ANOTHER_NAME: "Watchword's web pages answer there, but for their own machine only: they run with another [web] url",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """An answer of a web server, after redirects; ``ends_at`` is the end of its certificate."""

    url: str
    status: int
    text: str
    ends_at: datetime | None


async def try_web(config: Config, now: datetime) -> tuple[Reached, ...]:
    """Ask the public address as a reader's browser would: for its health check, and for a link such as mails have.

    Nothing if the address is of this machine only: then mails have no such links.
    """
    base = config.web.url
    if is_loopback(urlsplit(base).hostname or ""):
        return ()
    pages = await _try("web pages", base, ALIVE_PATH, ALIVE, config=config, now=now)
    if pages.state == FAILED:
        return (pages,)
    links = await _try("mail links", base, _MESSAGE_PATH, NO_SUCH_LINK, config=config, now=now)
    return pages, links


async def _try(  # what one try is made of
    kind: str, base: str, path: str, expected: str, *, config: Config, now: datetime
) -> Reached:
    url = base.rstrip("/") + path
    try:
        answer = await _fetch(url, make_context(config.tls.ca_file))
    except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as error:
        text = add_remedy(_explain(error))
        advice = _RENEW if "expired" in text else _DEAD
        return Reached(
            kind=kind, name=printable_address(url), state=FAILED, text=text, advice=advice
        )
    if expected in answer.text:
        said = "they answer" if kind == "web pages" else "they lead to the page that mutes and unsubscribes"  # fmt: skip
        # said once, with the pages
        ends_at = answer.ends_at if kind == "web pages" else None
        return judge_end(kind, printable_address(url), said, ends_at, now=now)
    return _judge_other(kind, url, answer)


def _judge_other(kind: str, url: str, answer: _Answer) -> Reached:
    """Return what became of a try that something else answered than the page that was asked for."""
    at = "" if answer.url == url else f" at {printable_address(answer.url)}"
    ours = next((said for words, said in _OURS.items() if words in answer.text), None)
    is_moved = urlsplit(answer.url).hostname != urlsplit(url).hostname
    if ours is None and (answer.status in _WANTS_LOGIN or is_moved):
        text = f"HTTP {answer.status}{at}: something in front of the web pages wants a login"
        return Reached(kind=kind, name=printable_address(url), state=LOOK, text=text, advice=_LOGIN)
    what = ours or "those are not Watchword's web pages"
    text = f"HTTP {answer.status}{at}: {what}"
    return Reached(kind=kind, name=printable_address(url), state=FAILED, text=text, advice=_DEAD)


async def _fetch(url: str, trusted: ssl.SSLContext) -> _Answer:
    """Fetch a page, following redirects; of a long one only the first megabyte."""
    async with (
        asyncio.timeout(CONNECT_SECONDS),
        make_client(trusted, None, timeout_seconds=CONNECT_SECONDS) as client,
    ):
        client.follow_redirects, client.max_redirects = True, _MOST_REDIRECTS
        async with client.stream("GET", url, headers={"User-Agent": "Watchword"}) as response:
            body = b""
            async for part in response.aiter_bytes():
                body += part
                if len(body) > _MOST_BYTES:
                    break
            stream = response.extensions["network_stream"]
            secured = stream.get_extra_info("ssl_object")
            return _Answer(
                url=str(response.url),
                status=response.status_code,
                text=body.decode("utf-8", "replace"),
                ends_at=find_end(secured.getpeercert()) if secured is not None else None,
            )


def _explain(error: BaseException) -> str:
    """Return why nothing was reached: of httpx's error, the cause at its bottom."""
    found = [one for one in _list_causes(error) if isinstance(one, OSError)]  # TimeoutError is one
    if found:
        return explain(found[-1])
    if isinstance(error, httpx.TimeoutException):
        return explain(TimeoutError())
    return str(error) or type(error).__name__


def _list_causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and its causes; of several addresses that failed, the first one's."""
    while error is not None:
        yield error
        cause = error.__cause__ or error.__context__
        error = cause.exceptions[0] if isinstance(cause, BaseExceptionGroup) else cause
