"""Counters and clocks are no news, a price is: the changes of a line from visit to visit decide."""

from datetime import datetime, timedelta

import pytest

from crawler.dedup.volatile import remember_lines, settle_lines
from tests.fakes import START

TEXT = ("Tenders of the harbour office", "The office buys drones for the survey of the quay.", "Offers are to be sent by letter.")  # fmt: skip


def watch(*visits: list[str], every: timedelta = timedelta(hours=6)) -> list[int]:
    """Return the numbers of the visits that found news."""
    now: datetime = START
    alerted = tuple(visits[0])
    memory = remember_lines(alerted, now=now)
    found = []
    for number, visit in enumerate(visits[1:], 2):
        now += every
        settled = settle_lines(alerted, visit, memory, now=now)
        if settled.lines != alerted:
            found.append(number)
        alerted, memory = settled.lines, settled.memory
    return found


def page(*lines: str) -> list[str]:
    return [TEXT[0], TEXT[1], *lines, TEXT[2]]


NOISE = {
    "counter": [f"You are visitor number {4200 + n * 17}." for n in range(6)],
    "clock": [f"Local time: 12:0{n}:3{n}" for n in range(6)],
    "generation": [f"Page generated in 0.0{n}3 seconds with {20 + n} queries." for n in range(6)],
    "minutes": [f"Updated {n + 2} minutes ago" for n in range(6)],
    "online": [f"Online now: {n}" for n in (17, 9, 31, 8, 11, 2)],
    "token": [f"Session {token}" for token in ("9f3a", "77bc1", "0a0a0", "12cd9", "ee00f1", "1b")],
    "weather": [f"{n}°C, wind {n * 2} km/h" for n in (3, 4, 7, 8, 11, 2)],
    "ticker": [f"DAX {n},{n} +0,{n}%" for n in (13, 14, 17, 18, 11, 12)],
    "arabic digits": [f"الزوار: {n}" for n in ("١٢", "١٣", "١٥", "١٧", "١٩", "٢٠")],
    "chinese": [f"访问量：{n}次" for n in (12, 13, 15, 17, 19, 20)],
    "embedded": [f"Welcome to the office, you are our guest number {n} of this year." for n in (12, 13, 15, 17, 19, 20)],
}  # fmt: skip


@pytest.mark.parametrize("name", NOISE)
def test_a_line_whose_digits_change_at_every_visit_causes_no_alert(name: str) -> None:
    assert watch(*(page(line) for line in NOISE[name])) == []


def test_a_headline_with_a_counter_causes_no_alert_either() -> None:
    assert watch(*([f"({n}) Tenders of the harbour office", *TEXT[1:]] for n in (3, 4, 8, 9))) == []


def test_the_order_of_lines_is_no_change() -> None:
    boxes = ["A box about boats.", "A box about bread.", "A box about books."]

    assert watch(page(*boxes), page(*boxes[::-1]), page(boxes[1], boxes[0], boxes[2])) == []
    assert watch(page(*boxes, "Seen 7 times"), page("Seen 9 times", *boxes[::-1])) == []


@pytest.mark.parametrize(
    ("lines", "alerted"),
    [
        (["Price: 100 EUR", "Price: 90 EUR", "Price: 90 EUR", "Price: 90 EUR"], [3]),
        (["Price: 100 EUR"] * 3 + ["Price: 90 EUR"] * 2, [4]),
        (["Price: 100 EUR"] * 3 + ["Price: 90 EUR", "Price: 85 EUR", "Price: 85 EUR", "Price: 85 EUR"], [4, 7]),
        (["3 tenders open", "4 tenders open", "4 tenders open"], [3]),
        (["Deadline: 3 December 2026"] * 4 + ["Deadline: 10 December 2026"] * 2, [5]),
        (["Price: 1", "Price: 2", "Price: 3", "Price: 4", "Price: 4", "Price: 4", "Price: 4", "Price: 4"], [8 - 1]),
        (["24 places left", "23 places left", "23 places left"], [3]),
        (["Status: open", "Status: closed", "Status: closed"], [2]),
    ],
)  # fmt: skip
def test_a_number_that_stands_is_told_once(lines: list[str], alerted: list[int]) -> None:
    assert watch(*(page(line) for line in lines)) == alerted


def test_a_flicker_causes_no_alert() -> None:
    assert watch(*(page(f"{n} free places") for n in (3, 4, 3, 4, 3, 3, 4))) == []


def test_a_rotating_quote_causes_at_most_two_alerts() -> None:
    quotes = [
        "Bread feeds.",
        "Boats float on.",
        "Books are read.",
        "Bells ring loud.",
        "Birds fly off.",
        "Bees hum.",
    ]

    assert watch(*(page(quote) for quote in quotes)) == [2, 3]


def test_a_rotating_line_that_stands_still_causes_an_alert() -> None:
    quotes = [
        "Bread feeds.",
        "Boats float on.",
        "Books are read.",
        "Bells ring loud.",
        *["The office is closed."] * 6,
    ]

    alerted = watch(*(page(quote) for quote in quotes))

    assert alerted[:2] == [2, 3]
    assert len(alerted) == 3


@pytest.mark.parametrize("dates", [
    ["Today is Monday, 23 November 2026", "Today is Tuesday, 24 November 2026", "Today is Wednesday, 25 November 2026", "Today is Thursday, 26 November 2026"],
    ["Montag, 23.11.2026", "Dienstag, 24.11.2026", "Mittwoch, 25.11.2026", "Donnerstag, 26.11.2026"],
    ["2026年11月23日 星期一", "2026年11月24日 星期二", "2026年11月25日 星期三", "2026年11月26日 星期四"],
])  # fmt: skip
def test_todays_date_is_no_news_however_long_it_was_the_same(dates: list[str]) -> None:
    visits = [page(date) for date in dates for _ in range(4)]

    assert watch(*visits) == []


def test_a_list_with_new_items_causes_an_alert_each_time() -> None:
    rows = [f"Report {n} of the harbour office" for n in range(101, 120)]

    assert watch(*([TEXT[0], *reversed(rows[n : n + 5]), TEXT[2]] for n in range(6))) == [
        2,
        3,
        4,
        5,
        6,
    ]


def test_news_beside_a_counter_is_told_without_it() -> None:
    alerted = page("You are visitor number 4200.")
    read = page("You are visitor number 4217.", "A new tender for two drones is open until spring.")

    settled = settle_lines(
        alerted, read, remember_lines(alerted, now=START), now=START + timedelta(days=1)
    )

    assert "You are visitor number 4200." in settled.lines
    assert "A new tender for two drones is open until spring." in settled.lines


def test_an_added_and_a_removed_row_are_news() -> None:
    rows = [f"Lot {n}: {n * 100} EUR" for n in range(1, 5)]

    assert watch(page(*rows), page(*rows, "Lot 5: 500 EUR"), page(*rows[:3], "Lot 5: 500 EUR")) == [
        2,
        3,
    ]


def test_paragraphs_that_are_rewritten_each_time_cause_alerts() -> None:
    texts = [
        " ".join(f"word{'abcdefgh'[n]}{chr(97 + k % 26)}" for k in range(60)) for n in range(6)
    ]

    assert watch(*(page(text) for text in texts)) == [2, 3, 4, 5, 6]


@pytest.mark.parametrize("sign", ["1", "a", " ", "\u3042", "-", "\u0661"])
def test_a_megabyte_of_lines_ends(sign: str) -> None:
    alerted = [sign * 100 + str(n) for n in range(5000)]
    read = [sign * 101 + str(n) for n in range(5000)]

    settled = settle_lines(alerted, read, remember_lines(alerted, now=START), now=START)

    assert len(settled.memory) <= 300
