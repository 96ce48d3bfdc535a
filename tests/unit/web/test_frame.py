"""Instants in words, as pages say them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crawler.storage.web_reading.cards import Published
from watchword.web.access.visitors import Openness, Visitor
from watchword.web.frame import Frame

_NOW = datetime(2026, 11, 27, 17, tzinfo=UTC)


@pytest.fixture
def frame() -> Frame:
    return Frame(
        visitor=Visitor(),
        openness=Openness.LOCAL,
        zone=ZoneInfo("Europe/Berlin"),
        now=_NOW,
        config=None,
    )


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (-1, "yesterday at 18:00"),
        (0, "today at 18:00"),
        (1, "tomorrow at 18:00"),
        (3, "on 30 Nov 2026 at 18:00"),
    ],
)
def test_a_day_to_come_is_not_called_today(frame: Frame, days: int, text: str) -> None:
    assert frame.at(_NOW + timedelta(days=days)) == text


def test_a_date_ahead_keeps_its_day_under_the_heading_of_today(frame: Frame) -> None:
    stated = Published(
        at=_NOW + timedelta(days=40),
        precision="minute",
        zone=None,
        evidence=None,
        origin=None,
        seen_at=_NOW,
    )

    assert frame.published(stated, under="Today").text == "6 Jan 2027"
