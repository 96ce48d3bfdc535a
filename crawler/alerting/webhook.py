"""Webhooks: a letter as JSON, signed so that its receiver knows who sent it and that nobody changed it."""

import asyncio
import contextlib
import hashlib
import hmac
import json
from dataclasses import asdict
from datetime import datetime

import httpx

from crawler.alerting.links import Links
from crawler.alerting.phrases import Phrases
from crawler.alerting.receipt import show_receipt, tell_events
from crawler.alerting.show import show_alert, web_link
from crawler.alerting.subjects import write_subject
from crawler.errors import MailDeferred, MailRefused, WayBlocked
from crawler.model.alert import Alert, Letter
from crawler.text.lines import clean_line

SIGNATURE_HEADER = "Watchword-Signature"
# the answer is the status line; what comes after it is read for courtesy
_GOODBYE_SECONDS = 2.0
# a program reads it: always the same words, and the times of no place
_PLAIN = Phrases("en_GB", "UTC")
_MOST_BYTES_READ = 65_536


def write_payload(letter: Letter, links: Links) -> bytes:
    """Give a letter as JSON: ``id`` is the same in every attempt, so that a receiver can tell a repetition."""
    facts = {
        "id": letter.message_id.strip("<>"),
        "kind": letter.kind.value,
        "subject": write_subject(letter),
        "written_at": _instant(letter.written_at),
        "alerts": [_describe(alert, links, letter) for alert in letter.alerts],
        "more_count": letter.more_count,
        "receipt": asdict(show_receipt(letter.receipt, _PLAIN)) if letter.receipt else None,
        "events": tell_events(letter.events, _PLAIN),
    }
    return json.dumps(facts, ensure_ascii=False).encode("utf-8", "replace")


def _describe(alert: Alert, links: Links, letter: Letter) -> dict[str, object]:
    shown = show_alert(alert, links, letter, phrases=_PLAIN)
    return {
        "alert": alert.id,
        "kind": alert.kind.value,
        "labels": shown.labels,
        "watch": shown.watch_name,
        "query": shown.query,
        "story": alert.told_in,
        "headline": shown.headline,
        "url": shown.url,
        "reading_room_url": shown.room_url,
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
                "told_at": _instant(outlet.told_at),
            }
            for outlet in alert.outlets
        ],
    }


def _instant(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds")


def sign_payload(payload: bytes, *, secret: str, now: datetime) -> str:
    """Give ``t=SECONDS,v1=HEX``: HMAC-SHA256 over the seconds, a dot and the body, with the channel's secret."""
    seconds = int(now.timestamp())
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + payload, hashlib.sha256)
    return f"t={seconds},v1={digest.hexdigest()}"


async def post_webhook(
    payload: bytes, *, url: str, secret: str, now: datetime, timeout_seconds: float
) -> str:
    """Post a letter; return the answer's status.

    raises  MailRefused for 410, by which a receiver says "never again"; WayBlocked where nobody answers; MailDeferred for any
            other answer but 2xx
    """
    headers = {"Content-Type": "application/json", "User-Agent": "Watchword"}
    if secret:
        headers[SIGNATURE_HEADER] = sign_payload(payload, secret=secret, now=now)
    # no redirects, and no proxy or login out of the environment: it goes where it was told, or nowhere
    client = httpx.AsyncClient(timeout=timeout_seconds, trust_env=False)
    try:
        # httpx counts each step for itself; an answer that drips would never end
        async with asyncio.timeout(timeout_seconds):
            request = client.build_request("POST", url, content=payload, headers=headers)
            answer = await client.send(request, stream=True)
    except TimeoutError:
        raise WayBlocked(f"the webhook did not answer within {timeout_seconds:g} s") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = str(error) or type(error).__name__
        raise WayBlocked(f"the webhook could not be reached: {reason}") from None
    else:
        await _read_rest(answer)
        return _judge(answer.status_code)
    finally:
        await _hang_up(client)


async def _read_rest(answer: httpx.Response) -> None:
    """Read on for a moment, so that a receiver is not cut off while it writes; the status was the answer."""
    count = 0
    with contextlib.suppress(TimeoutError, httpx.HTTPError, OSError):
        async with asyncio.timeout(_GOODBYE_SECONDS):
            async for part in answer.aiter_raw():
                count += len(part)
                if count > _MOST_BYTES_READ:
                    return


async def _hang_up(client: httpx.AsyncClient) -> None:
    with contextlib.suppress(TimeoutError, httpx.HTTPError, OSError):
        async with asyncio.timeout(_GOODBYE_SECONDS):
            await client.aclose()


def _judge(status_code: int) -> str:
    if status_code == httpx.codes.GONE:
        raise MailRefused("the webhook answered 410: it is gone")
    if not httpx.codes.is_success(status_code):
        raise MailDeferred(f"the webhook answered {status_code}")
    return f"HTTP {status_code}"
