"""Webhooks: a message as JSON, signed so that the receiver can check who sent it and that nobody changed it.

The signature follows Standard Webhooks (github.com/standard-webhooks/standard-webhooks, spec 1.0.0), so that receivers
can use its libraries: ``webhook-id`` is the same in every attempt, ``webhook-timestamp`` is the attempt's, and
``webhook-signature`` has a signature for each key.
"""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import re
import ssl
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx

from crawler.alerting.channels.service_answers import clean_reason, list_secrets
from crawler.alerting.links import Links
from crawler.alerting.messages.notice import describe_notice
from crawler.alerting.messages.show import show_alert, web_link
from crawler.alerting.messages.status_report import show_status_report
from crawler.alerting.messages.subjects import write_subject
from crawler.alerting.phrases import Phrases
from crawler.errors import MailDeferred, MailRefused, TransportDown
from crawler.machine.trust import add_remedy, make_context
from crawler.model.mail.alert import Alert, Message
from crawler.model.proxy import Proxy
from crawler.text.instants import write_iso
from crawler.text.lines import clean_line, strip_markup
from crawler.text.web.http import is_of_proxy
from crawler.text.web.webhook_keys import read_key

# how long the body is read, and the connection closed: the status line is the answer. Waiting for a body that never came
# made an accepted message a deferred one
_GOODBYE_SECONDS = 2.0
# for programs: always the same language, and times in UTC
_PLAIN = Phrases("en_GB", "UTC")
_MOST_BYTES_READ = 65_536  # then the connection is closed
_MOST_BYTES_KEPT = 2000  # to quote the receiver's reason, which is one line
# the statuses whose Retry-After counts; other answers follow our own waits
_BUSY = frozenset({429, 503})
# a receiver that asks for a week is tried again in an hour: it may have recovered
_LONGEST_ASKED_WAIT = timedelta(hours=1)


def write_payload(message: Message, links: Links) -> bytes:
    """Return a message as JSON; ``id`` is the same in every attempt, so that a receiver can recognise a repetition."""
    facts = {
        "id": message.message_id.strip("<>"),
        "kind": message.kind.value,
        "subject": write_subject(message),
        "written_at": _instant(message.written_at),
        "alerts": [_describe(alert, links, message) for alert in message.alerts],
        "more_count": message.more_count,
        "status_report": asdict(show_status_report(message.status_report, _PLAIN))
        if message.status_report
        else None,
        "events": describe_notice(message, _PLAIN),
    }
    return json.dumps(facts, ensure_ascii=False).encode("utf-8", "replace")


def _describe(alert: Alert, links: Links, message: Message) -> dict[str, object]:
    shown = show_alert(alert, links, message, phrases=_PLAIN)
    return {
        "alert": alert.id,
        "kind": alert.kind.value,
        "labels": shown.labels,
        "watch": shown.watch_name,
        "query": shown.query,
        "story": alert.current_story_id,
        "headline": shown.headline,
        "url": shown.url,
        "web_url": shown.web_url,
        "source": shown.source_name,
        "published_at": _instant(alert.published_at) if alert.published_at else None,
        "published_precision": alert.precision,
        "raised_at": _instant(alert.raised_at),
        "language": clean_line(alert.language),
        "terms": list(alert.terms),
        "hit_count": alert.hit_count,
        "in_headline": alert.in_headline,
        "score": alert.score,
        "snippet": alert.snippet.text,
        "snippet_marks": alert.snippet.marks,
        "note": shown.note,
        "diff": alert.diff,
        "outlets": [
            {
                "source": clean_line(outlet.source_name),
                "headline": clean_line(outlet.headline),
                "url": web_link(outlet.url),
                "published_or_seen_at": _instant(outlet.published_or_seen_at),
            }
            for outlet in alert.outlets
        ],
    }


def _instant(instant: datetime) -> str:
    return write_iso(instant)


def make_webhook_id(message_id: str) -> str:
    """Return the ``webhook-id`` of a message: its Message-ID without the domain, because the standard allows no dot."""
    local = message_id.strip("<>").partition("@")[0]
    return f"msg_{re.sub('[^A-Za-z0-9_-]', '-', local)}"


def sign_payload(payload: bytes, *, webhook_id: str, secrets: Sequence[str], now: datetime) -> str:
    """Return ``v1,BASE64`` for each key: HMAC-SHA256 of id, Unix seconds and body, joined by dots."""
    signed = f"{webhook_id}.{int(now.timestamp())}.".encode() + payload
    digests = (hmac.new(read_key(secret), signed, hashlib.sha256).digest() for secret in secrets)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)


async def post_webhook(  # noqa: PLR0913  # what one attempt is made of
    payload: bytes,
    *,
    webhook_id: str,
    url: str,
    secrets: Sequence[str],
    now: datetime,
    timeout_seconds: float,
    ca_file: Path | None = None,
    proxy: Proxy | None = None,
) -> str:
    """Post a message and return the answer's status, with the first line of its body.

    secrets  keys to sign with; unsigned if there are none
    ca_file  certificates of an authority that is trusted besides those of the system
    proxy    the proxy to post through, None for none
    raises   MailRefused for 410, which means "never again"; TransportDown if nobody answers; MailDeferred for any other
             status but 2xx, with the wait that a busy receiver asks for
    """
    headers = _write_headers(payload, webhook_id=webhook_id, secrets=secrets, now=now)
    hidden = list_secrets(url)
    try:
        trusted = make_context(ca_file)
    except OSError as error:
        raise TransportDown(str(error)) from error
    client = make_client(trusted, proxy, timeout_seconds=timeout_seconds)
    try:
        # httpx limits each step by itself, so an answer that drips would never end
        async with asyncio.timeout(timeout_seconds):
            request = client.build_request("POST", url, content=payload, headers=headers)
            answer = await client.send(request, stream=True)
    except TimeoutError:
        raise TransportDown(f"the webhook did not answer within {timeout_seconds:g} s") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = add_remedy(clean_reason(str(error), hidden)) or type(error).__name__
        raise TransportDown(_explain_unreached(error, reason, proxy)) from None
    else:
        if proxy is not None and url.lower().startswith("http:"):
            _check_proxy(answer, proxy)
        reason = _clean_body(await _read_rest(answer))
        return _judge(answer, clean_reason(reason, hidden), now=now)
    finally:
        await _hang_up(client)


def make_client(
    trusted: ssl.SSLContext, proxy: Proxy | None, *, timeout_seconds: float
) -> httpx.AsyncClient:
    """Return a client without redirects, and without a proxy or login from the environment."""
    by = None
    if proxy is not None:
        login = {"Proxy-Authorization": proxy.login} if proxy.login else {}
        by = httpx.Proxy(proxy.url, headers=login)
    return httpx.AsyncClient(timeout=timeout_seconds, trust_env=False, verify=trusted, proxy=by)


def _explain_unreached(error: Exception, reason: str, proxy: Proxy | None) -> str:
    """Return a sentence on who did not answer: the receiver, or the proxy."""
    if proxy is None:
        return f"the webhook could not be reached: {reason}"
    if isinstance(error, httpx.ProxyError):
        return f"the proxy {proxy.place} does not let us through to the webhook: {reason}"
    # a fault of a certificate is the receiver's, because the proxy is connected to without TLS
    if isinstance(error, httpx.ConnectError) and "ssl" not in reason.lower():
        return f"the proxy {proxy.place} cannot be reached: {reason}"
    return f"the webhook could not be reached through the proxy {proxy.place}: {reason}"


def _check_proxy(answer: httpx.Response, proxy: Proxy) -> None:
    """Raise TransportDown if the answer is the proxy's and not the receiver's."""
    status = answer.status_code
    if not is_of_proxy(status, lambda name: answer.headers.get(name, "")):
        return
    if status == httpx.codes.PROXY_AUTHENTICATION_REQUIRED:
        raise TransportDown(f"the proxy {proxy.place} wants a login, or another one")
    raise TransportDown(f"the proxy {proxy.place} does not let us through to the webhook: {status}")


def _write_headers(
    payload: bytes, *, webhook_id: str, secrets: Sequence[str], now: datetime
) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Watchword",
        "Accept-Encoding": "identity",  # the answer is read raw
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
    }
    if secrets:
        signature = sign_payload(payload, webhook_id=webhook_id, secrets=secrets, now=now)
        headers["webhook-signature"] = signature
    return headers


async def _read_rest(answer: httpx.Response) -> bytes:
    """Read the body for two seconds, so that a receiver is not cut off while it writes; return its first 2,000 bytes."""
    count, kept = 0, b""
    with contextlib.suppress(TimeoutError, httpx.HTTPError, OSError):
        async with asyncio.timeout(_GOODBYE_SECONDS):
            async for part in answer.aiter_raw():
                count += len(part)
                kept += part[: _MOST_BYTES_KEPT - len(kept)]
                if count > _MOST_BYTES_READ:
                    break
    return kept


def _clean_body(body: bytes) -> str:
    """Return the first line of an answer's body that is not empty, without markup."""
    lines = (strip_markup(line) for line in body.decode("utf-8", "replace").splitlines())
    return next(filter(None, lines), "")


async def _hang_up(client: httpx.AsyncClient) -> None:
    with contextlib.suppress(TimeoutError, httpx.HTTPError, OSError):
        async with asyncio.timeout(_GOODBYE_SECONDS):
            await client.aclose()


def _judge(answer: httpx.Response, reason: str, *, now: datetime) -> str:
    status, because = answer.status_code, f": {reason}" if reason else ""
    if status == httpx.codes.GONE:
        raise MailRefused(f"the webhook answered 410, it is gone{because}")
    if not httpx.codes.is_success(status):
        wait = _read_wait(answer.headers.get("retry-after", ""), now) if status in _BUSY else None
        raise MailDeferred(f"the webhook answered {status}{because}", wait=wait)
    return f"HTTP {status}{because}"


def _read_wait(stated: str, now: datetime) -> timedelta | None:
    """Return how long a busy receiver asks to be left alone, at most an hour; None if it does not say."""
    stated = stated.strip()
    if stated.isdecimal() and stated.isascii():
        return min(timedelta(seconds=int(stated[:9])), _LONGEST_ASKED_WAIT)
    try:
        until = parsedate_to_datetime(stated)
    except (ValueError, OverflowError):  # the second for a year that no date has
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(until - now, timedelta()), _LONGEST_ASKED_WAIT)
