"""Messages fit the limits of each service, sent by Apprise's own plug-ins to servers that count as the real ones."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from crawler.alerting.channels.channel_parts import list_parts
from crawler.alerting.channels.channels import Taken, notify_by_apprise
from crawler.alerting.links import Links
from crawler.errors import MailDeferred, MailRefused, TransportDown
from crawler.model.mail.alert import Alert, AlertKind, DeliveryKind, Message
from crawler.model.watch import Snippet
from tests.fakes import START, silent_port
from tests.servers.services import Services

TOKEN = "tk4Zr91mAbCdEfGh"
pytestmark = pytest.mark.usefixtures("forked_crawls")

LINKS = Links(web_url="https://watch.example/", database="watchword", key=b"k")
LONG = (
    "Two drones had crossed the harbour an hour before, said the pilot, who saw them against the "
    "morning light, and nobody could say whose they were or why they came over the quay. "
)
DISCORD = "discord://1234567890123456789/abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/"
PUSHOVER = "pover://uJnTdCqQdZ9Qg5wHh7f3mXxKj2LpAb@aJnTdCqQdZ9Qg5wHh7f3mXxKj2LpAb/"
TELEGRAM = "tgram://123456789:abcdefg_hijklmnop-qrstuvwxyz12345678/12315544/"
ADDRESSES = {
    "mastodon": f"mastodon://{TOKEN}@127.0.0.1:PORT/",
    "mastodon to one": f"mastodon://{TOKEN}@127.0.0.1:PORT/@bob",
    "discord": DISCORD,
    "slack": SLACK,
    "pushover": PUSHOVER,
    "telegram": TELEGRAM,
    "ntfy": "ntfy://127.0.0.1:PORT/topic",
    "gotify": "gotify://127.0.0.1:PORT/Axk39dkRmq71abc",
    "matrix": f"matrix://me:{TOKEN}@127.0.0.1:PORT/!room:x",
    "misskey": f"misskey://{TOKEN}@127.0.0.1:PORT",
    "json": "json://127.0.0.1:PORT/in",
}


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    with Services(tmp_path) as opened:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(opened.ca))
        yield opened


def make_alert(number: int = 1, *, text: str = LONG * 5, headline: str = "") -> Alert:
    start = text.find("drone")
    return Alert(
        id=number,
        kind=AlertKind.NEW,
        watch_name="drones",
        query="drone",
        headline=headline or f"Drones over the quay: number {number} of a long afternoon",
        url=f"https://courier.example/news/2026/11/{number}/drones-over-the-quay?from=feed&x=1",
        source_name="courier",
        language="en",
        terms=("drone",),
        hit_count=2,
        in_headline=True,
        snippet=Snippet(text=text, marks=((start, start + 5),) if start >= 0 else ()),
        raised_at=START,
        article_id=number,
        story_id=number,
        current_story_id=number,
    )


def make_message(*alerts: Alert) -> Message:
    return Message(
        delivery_id=1,
        kind=DeliveryKind.ALERT if len(alerts) == 1 else DeliveryKind.DIGEST,
        series="",
        recipient="phone",
        message_id="<1@x>",
        written_at=START,
        zone="UTC",
        alerts=alerts,
    )


async def send(services: Services, url: str, *alerts: Alert, taken: Taken | None = None) -> str:
    return await notify_by_apprise(
        list_parts(make_message(*alerts), LINKS),
        url=url.replace("PORT", str(services.port)),
        timeout_seconds=60,
        taken=taken or Taken(),
        message_id="<1@x>",
        proxies=services.proxies,
    )


def links_in(text: str) -> list[str]:
    return re.findall(r"https?://[^\s\"<)\]]+", text.replace("&amp;", "&"))


@pytest.mark.parametrize("name", list(ADDRESSES))
async def test_a_long_alert_is_accepted_with_headline_sentence_and_link(
    services: Services, name: str
) -> None:
    alert = make_alert()

    answer = await send(services, ADDRESSES[name], alert)

    assert "200" in answer
    (text,) = services.texts()
    assert alert.headline in text
    assert "Two drones had crossed the harbour" in text
    assert alert.url in links_in(text)
    assert "Why: drone" in text


@pytest.mark.parametrize("name", list(ADDRESSES))
async def test_a_digest_of_forty_is_accepted_as_a_list_that_counts_the_rest(
    services: Services, name: str
) -> None:
    alerts = [make_alert(number) for number in range(1, 41)]

    await send(services, ADDRESSES[name], *alerts)

    (text,) = services.texts()
    more = re.search(r"and (\d+) more: https://watch.example/", text)
    linked = [link for link in links_in(text) if link != "https://watch.example/"]
    assert more
    assert len(linked) >= 2
    assert len(linked) + int(more[1]) == 40
    assert set(linked) <= {alert.url for alert in alerts}


@pytest.mark.parametrize(
    "text",
    [
        "无人机飞越港口上空，飞行员说，他在晨光中看到了它们。" * 60,
        "Беспилотники над гаванью, сказал пилот, drone. " * 60,
        "👨‍👩‍👧‍👦🇩🇪👍🏽 " * 300,
        "<b>&amp; a < b & c > d drone</b> " * 100,
        "drone" * 900,
    ],
    ids=["Chinese", "Russian", "emoji", "markup", "no spaces"],
)
@pytest.mark.parametrize("name", ["mastodon", "discord", "pushover", "telegram", "ntfy", "misskey"])
async def test_any_script_fits(services: Services, name: str, text: str) -> None:
    alert = make_alert(text=text)

    await send(services, ADDRESSES[name], alert)

    (linked,) = services.texts()
    assert alert.url in links_in(linked)


async def test_a_link_is_whole_or_absent(services: Services) -> None:
    fits = replace(make_alert(), url="https://courier.example/" + "a" * 550)
    huge = replace(make_alert(), url="https://courier.example/" + "a" * 1500)

    await send(services, ADDRESSES["pushover"], fits)
    await send(services, ADDRESSES["pushover"], huge)

    first, second = services.texts()
    assert links_in(first) == [fits.url]
    assert links_in(second) == ["https://watch.example/articles/1"]


async def test_a_headline_of_three_lines_leaves_room_for_the_sentence(services: Services) -> None:
    alert = replace(
        make_alert(headline="Drones over the quay and the tower " * 8),
        url="https://courier.example/" + "a" * 230,
    )

    await send(services, ADDRESSES["mastodon"], alert)

    (text,) = services.texts()
    assert "Two drones had crossed the harbour" in text
    assert links_in(text) == [alert.url]


async def test_services_behind_one_address_each_get_their_own_text(services: Services) -> None:
    url = f"{ADDRESSES['mastodon']}, {ADDRESSES['json']}"

    answer = await send(services, url, make_alert())

    lengths = [len(one.text) for one in services.said]
    assert answer == "Mastodon answered 200; JSON answered 200"
    assert lengths[0] <= 500 < lengths[1]


async def test_a_service_that_accepted_a_message_does_not_get_it_again(services: Services) -> None:
    taken, url = Taken(), f"{ADDRESSES['json']}, json://127.0.0.1:1/"

    for _ in range(2):
        with pytest.raises(
            MailDeferred, match="JSON did not accept it: the connection was refused"
        ):
            await send(services, url, make_alert(), taken=taken)

    assert len(services.said) == 1


async def test_a_text_is_sent_in_parts_only_if_the_address_asks_for_it(services: Services) -> None:
    await send(services, f"{ADDRESSES['misskey']}?overflow=split", make_alert(text=LONG * 9))

    assert len(services.texts()) > 1


@pytest.mark.parametrize(
    ("status", "answer", "expected", "printed"),
    [
        (422, {"error": "Text character limit of 300 exceeded"}, MailRefused, "answered 422: Text character limit of 300"),
        (413, {}, MailRefused, "answered 413"),
        (400, {"errors": ["message is too long"]}, MailRefused, "answered 400: message is too long"),
        (429, {"error": "Too many requests, limit of 300 exceeded"}, MailDeferred, "answered 429: Too many requests"),
        (403, {"message": "API rate limit exceeded for 60 requests"}, MailDeferred, "answered 403"),
        (401, {"error": "The access token is invalid"}, MailDeferred, "answered 401: The access token is invalid"),
        (503, b"<html><h1>Service unavailable</h1></html>", MailDeferred, "answered 503: Service unavailable"),
        (500, b"", MailDeferred, "answered 500: Internal Server Error"),
    ],
)  # fmt: skip
async def test_a_refusal_is_reported_with_its_status_and_only_length_is_final(
    services: Services, status: int, answer: bytes, expected: type[Exception], printed: str
) -> None:
    services.status, services.answer = status, answer

    with pytest.raises(expected, match=re.escape(printed)) as caught:
        await send(services, ADDRESSES["mastodon"], make_alert())

    assert type(caught.value) is expected


async def test_a_text_that_is_refused_as_too_long_is_shortened_once(services: Services) -> None:
    services.status, services.answer = 422, {"error": "Text character limit of 300 exceeded"}

    with pytest.raises(MailRefused):
        await send(services, ADDRESSES["mastodon"], make_alert())

    first, second = (one.text for one in services.said)
    assert len(second) <= 300 < len(first)
    assert make_alert().url in links_in(second)


async def test_the_answer_contains_nothing_of_the_address(services: Services) -> None:
    url = f"json://alice:{TOKEN}@127.0.0.1:{services.port}/deep/path-9?+x-key=hunter2"
    echo = f"{TOKEN} alice deep path-9 hunter2 127.0.0.1:{services.port} YWxpY2U6dGs0WnI5MW1BYkNkRWZHaA== {url} Bearer {TOKEN.lower()}"
    services.status, services.answer = 500, {"error": echo}

    with pytest.raises(MailDeferred) as caught:
        await send(services, url, make_alert())

    answer = str(caught.value)
    assert answer.startswith("JSON answered 500")
    for secret in (TOKEN, "alice", "path-9", "hunter2", "127.0.0.1", str(services.port), "YWxp"):
        assert secret.lower() not in answer.lower()
    assert len(answer) < 300


async def test_an_unreachable_service_means_that_its_transport_is_down(services: Services) -> None:
    with pytest.raises(
        TransportDown, match="Mastodon did not accept it: the connection was refused"
    ):
        await send(services, f"mastodon://{TOKEN}@127.0.0.1:1/", make_alert())


async def test_a_headline_mentions_nobody_in_a_chat(services: Services) -> None:
    await send(services, DISCORD, make_alert(headline="@everyone look at <@123>, says @bob"))

    (text,) = services.texts()
    assert "@everyone" not in text
    assert "@bob" not in text


async def test_a_service_that_accepted_before_the_timeout_does_not_get_it_again(
    services: Services,
) -> None:
    taken = Taken()
    with silent_port() as port:
        url = f"json://127.0.0.1:{services.port}/in, json://127.0.0.1:{port}/?rto=600&cto=600"
        for _ in range(2):
            with pytest.raises(TransportDown, match="did not answer within"):
                await notify_by_apprise(
                    list_parts(make_message(make_alert()), LINKS),
                    url=url,
                    timeout_seconds=6,
                    taken=taken,
                    message_id="<1@x>",
                )

    assert len(services.said) == 1
