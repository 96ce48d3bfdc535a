"""Digests: contents first, true counts, and no longer than mail programs show."""

import re
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.messages.alerts import ALERTS, make_many
from crawler.alerting.messages.compose import Sender, compose_mail
from crawler.alerting.messages.digest import Layout, choose_shown
from crawler.alerting.messages.render import MOST_BYTES, count_quoted, render
from crawler.alerting.messages.subjects import write_subject
from crawler.model.mail.alert import HELD, Alert, AlertKind, DeliveryKind, Entry, Message, Outlet
from tests.unit.alerting.messages.test_message import ALERT, LINKS, PUBLIC, make_message, visible


def story(number: int, watch: str, **facts: object) -> Alert:
    base = replace(ALERT, id=number * 100 + len(watch), current_story_id=number, watch_name=watch)
    return replace(base, **{"headline": f"Story {number}.", **facts})  # type: ignore[arg-type]


def digest(*alerts: Alert, **facts: object) -> Message:
    return make_message(*alerts, **{"kind": DeliveryKind.DIGEST, "series": "watch w", **facts})


def entry(alert_id: int, watch: str, story_id: int, kind: AlertKind = AlertKind.NEW) -> Entry:
    return Entry(alert_id=alert_id, watch_name=watch, story_id=story_id, kind=kind)


def test_the_contents_list_every_watch_with_its_stories_and_link_to_them() -> None:
    alerts = [story(n, "drones" if n < 3 else "elections") for n in range(10)]
    rendered = render(digest(*alerts), LINKS)

    assert re.search(r"^ +7  elections\n +3  drones$", rendered.text, re.MULTILINE)
    assert "10 stories for 2 watches" in visible(rendered.html)
    leads = re.findall(r'href="#(w\d)"[^>]*>(\w+)<', rendered.html)
    assert leads == [("w1", "elections"), ("w2", "drones")]
    assert all(f'id="{anchor}"' in rendered.html for anchor, _ in leads)
    assert rendered.text.index("==== elections") < rendered.text.index("==== drones")
    for part in (" ".join(rendered.text.split()), visible(rendered.html)):
        assert "within each watch, the stories that are most about it" in part


def test_a_story_of_several_watches_is_shown_once_and_counts_for_each() -> None:
    alerts = [story(1, "drones"), story(1, "ferries"), story(2, "drones"), story(3, "ferries"), story(1, "quays")]  # fmt: skip
    rendered = render(digest(*alerts), LINKS)

    assert write_subject(digest(*alerts)) == "3 stories: drones 2, ferries 2, quays 1"
    for part in (" ".join(rendered.text.split()), visible(rendered.html)):
        assert "1 story matched several watches" in part
        assert part.count("Story 1.") == 1
        assert "ferries, quays" in part
    assert "2  ferries (1 more under drones)" in rendered.text
    assert "1  quays (1 more under drones)" in rendered.text


def test_an_update_and_its_story_are_one_story() -> None:
    alerts = [story(1, "drones"), story(1, "drones", kind=AlertKind.UPDATE, id=7), story(2, "drones")]  # fmt: skip

    assert write_subject(digest(*alerts)).startswith("drones: 2 stories: Story 1.")
    assert "2 stories" in render(digest(*alerts), LINKS).text
    assert render(digest(*alerts), LINKS).text.count("Story 1.") == 2


@pytest.mark.parametrize(
    ("counts", "series", "subject"),
    [
        ({"dividends": 34, "elections": 29, "drones": 2}, "held", "65 stories: dividends 34, elections 29, drones 2"),
        ({"drones": 3}, "watch drones", "drones: 3 stories: Story 1."),
        ({"drones": 1}, "watch drones", "drones: Story 1."),
        ({"a": 2, "b": 1}, "group Morning", "Morning: 3 stories: a 2, b 1"),
        ({"drones": 1}, "group Morning", "Morning: drones: Story 1."),
        (
            {f"a rather long name {n}": 9 - n for n in range(8)},
            "group Morning",
            "Morning: 44 stories: a rather long name 0 9 and 7 more watches",
        ),
        ({"x" * 300: 2, "y" * 300: 1}, "group " + "z" * 300, "3 stories: 2 watches"),
    ],
)  # fmt: skip
def test_the_subject_counts_the_stories_of_the_watches(
    counts: dict[str, int], series: str, subject: str
) -> None:
    names = [name for name, count in counts.items() for _ in range(count)]
    alerts = [story(n, name, id=n) for n, name in enumerate(names, start=1)]
    written = write_subject(digest(*alerts, series=series))

    assert written.endswith(subject)
    assert len(written) <= 78


@given(
    st.dictionaries(st.text(min_size=1, max_size=40), st.integers(1, 2000), min_size=2, max_size=20)
)
@settings(deadline=None, max_examples=40)
def test_a_subject_is_one_short_line_whatever_the_watches(counts: dict[str, int]) -> None:
    entries = tuple(
        entry(n, name, n) for n, name in enumerate(name for name in counts for _ in range(3))
    )
    subject = write_subject(digest(ALERT, entries=entries))

    assert len(subject) <= 78
    assert f"{3 * len(counts)} stories: " in subject


def test_the_reason_for_holding_alerts_is_in_the_message_and_not_in_the_subject() -> None:
    alerts = [story(n, "drones") for n in range(3)]
    flood = digest(*alerts, series=HELD, held_limit=20)
    colleague = replace(flood, is_admin=False)

    assert write_subject(flood) == "drones: 3 stories: Story 0."
    for part in (" ".join(render(flood, LINKS).text.split()), visible(render(flood, LINKS).html)):
        assert "There were more than 20 alerts for you within an hour" in part
        assert "[mail] per_hour" in part
    assert "more than 20 alerts" in render(colleague, LINKS).text
    assert "[mail]" not in render(colleague, LINKS).text


def test_a_long_digest_is_cut_to_what_gmail_shows_and_counts_the_rest() -> None:
    alerts = make_many(100, watches=3)
    rendered = render(digest(*alerts), LINKS)
    sent = compose_mail(digest(*alerts), sender=Sender(address="w@x.org"), links=LINKS)
    sizes = [len(str(part.get_payload())) for part in sent.walk() if not part.is_multipart()]

    assert max(sizes) < 102_000
    assert 80_000 < count_quoted(rendered.html) <= MOST_BYTES
    printed = len(re.findall(r"^\d+\. ", rendered.text, re.MULTILINE))
    left_out = sum(int(found) for found in re.findall(r"^and (\d+) more:", rendered.text, re.MULTILINE))  # fmt: skip
    assert printed + left_out == 89
    assert 30 < printed < 89
    for part in (" ".join(rendered.text.split()), visible(rendered.html)):
        assert f"{printed} of them are shown here" in part
    assert "are on the web pages: http://127.0.0.1:8001/" in rendered.text
    for watch in ("elections", "drones", "dividends"):
        for part in (rendered.text, rendered.html):
            assert f"http://127.0.0.1:8001/watches/{watch}" in part


def test_both_parts_of_a_cut_digest_show_the_same_stories() -> None:
    alerts = [story(n, f"watch {n % 5}", headline=f"<{n}> headline") for n in range(100)]
    rendered = render(digest(*alerts), PUBLIC)

    in_text = re.findall(r"<(\d+)> headline", rendered.text)
    in_html = re.findall(r"<(\d+)> headline", visible(rendered.html))
    assert in_text == in_html
    assert len(set(in_text)) == len(in_text)


def test_a_reader_who_cannot_open_the_web_pages_gets_no_links_to_them() -> None:
    message = digest(*make_many(100, watches=3), is_admin=False)

    for rendered in (render(message, LINKS), render(make_message(is_admin=False), LINKS)):
        assert "127.0.0.1" not in rendered.text + rendered.html
    assert "https://desk.example/watches/drones" in render(message, PUBLIC).text


def test_every_watch_is_shown_although_another_has_hundreds_of_stories() -> None:
    entries = tuple(entry(n, "many", n) for n in range(1, 900)) + tuple(
        entry(n, f"few {n}", n) for n in range(901, 921)
    )
    printed = choose_shown(entries, most=100)

    assert len(printed) == 100
    assert set(range(901, 921)) <= set(printed)
    alerts = [story(one, "many" if one < 900 else f"few {one}", id=one) for one in printed]
    rendered = render(digest(*alerts, entries=entries), LINKS)
    assert "919 stories for 21 watches" in visible(rendered.html)
    assert re.search(r"^ +899  many$", rendered.text, re.MULTILINE)
    for part in (rendered.text, visible(rendered.html)):
        assert all(part.count(f"few {n}") >= 2 for n in range(901, 921))
    assert write_subject(digest(*alerts, entries=entries)).startswith("919 stories: many 899, few ")


def test_hundreds_of_watches_fit() -> None:
    alerts = [story(n, f"a watch with a long name {n} " + "x" * 60) for n in range(100)]
    entries = tuple(entry(n, f"watch {n} " + "\u6f22" * 70, n) for n in range(400))
    rendered = render(digest(*alerts, entries=entries), LINKS)

    assert count_quoted(rendered.html) <= MOST_BYTES
    assert "400 watches" in rendered.text
    assert "and 370 more watches" in " ".join(rendered.text.split())


_LONG = "\u6f22" * 9000


@pytest.mark.parametrize("kind", [DeliveryKind.ALERT, DeliveryKind.DIGEST])
def test_texts_of_hostile_length_never_make_a_message_that_is_cut(kind: DeliveryKind) -> None:
    link = "https://x.org/" + "\u6f22" * 1900
    outlets = tuple(
        Outlet(source_name=_LONG, headline=_LONG, url=link, published_or_seen_at=ALERT.raised_at, is_stated=False)
        for _ in range(50)
    )  # fmt: skip
    hostile = replace(
        ALERT, headline=_LONG, watch_name=_LONG, query=_LONG, byline=_LONG, source_name=_LONG, url=link, outlets=outlets,
        terms=(_LONG,) * 90, kind=AlertKind.UPDATE, from_feed=_LONG, diff=f"{{+{_LONG}+}} [-{_LONG}-]" * 9,
    )  # fmt: skip
    alerts = [replace(hostile, id=n, current_story_id=n) for n in range(60 if kind is DeliveryKind.DIGEST else 1)]  # fmt: skip

    rendered = render(make_message(*alerts, kind=kind, series="group " + _LONG), PUBLIC)

    assert count_quoted(rendered.html) <= MOST_BYTES
    assert count_quoted(rendered.text) <= MOST_BYTES


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(1, 8), st.sampled_from(AlertKind))))
@settings(deadline=None)
def test_counts_are_those_of_the_rows(rows: list[tuple[str, int, AlertKind]]) -> None:
    entries = tuple(entry(n, *row) for n, row in enumerate(rows))
    layout = Layout(entries)

    assert layout.story_count == len({story_id for _, story_id, _ in rows})
    assert layout.watches == {w: len({s for name, s, _ in rows if name == w}) for w, _, _ in rows}
    standing = [one for found in layout.standing.values() for one in found]
    assert len(standing) == len({(one.story_id, one.kind) for one in entries}) == len(layout.order)
    for name, count in layout.watches.items():
        own = {one.story_id for one in layout.standing[name]}
        assert len(own) + layout.elsewhere(name)[0] == count
    assert set(choose_shown(entries, most=100)) == {one.alert_id for one in standing}


def test_the_size_is_what_the_mail_takes() -> None:
    rng = Random(4)
    text = "".join(rng.choice("ab =\u00e9\u6f22\n<>") for _ in range(5000))
    message = make_message(*ALERTS.values(), kind=DeliveryKind.DIGEST)
    mail = compose_mail(message, sender=Sender(address="w@x.org"), links=LINKS)
    mail.clear_content()
    mail.set_content(text, cte="quoted-printable")
    sent = len(str(mail.get_payload()).replace("\n", "\r\n"))

    assert sent <= count_quoted(text) <= 1.1 * sent
