"""What `run` and `crawl` print as it happens fits the terminal; elsewhere nothing is cut."""

import re
from dataclasses import replace
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len
from rich.console import Console

from crawler.model.article import Article
from tests.newsroom import ARTICLE, Newsroom
from watchword.progress import Progress

_LONG = "Harbour Master Says That No Proof Of Survey Drones Above The Grain Quay Was Ever Shown To Anybody"
_WIDE = "\u65e0\u4eba\u673a" * 30
_ARABIC = "\u0627\u0644\u0645\u0633\u064a\u0631\u0629 " * 20


def _print(newsroom: Newsroom, *, is_terminal: bool, width: int = 80) -> list[str]:
    file = StringIO()
    console = Console(file=file, force_terminal=is_terminal, width=width, no_color=True)
    Progress(console, zone=ZoneInfo("UTC"), is_from_start=True).show(newsroom.database)
    return re.sub(r"\x1b\[[0-9;]*m", "", file.getvalue()).splitlines()


def _article(headline: str) -> Article:
    body = f"A drone {'over the quiet grain quay ' * 12}was seen, and no one knows whose it is."
    return replace(ARTICLE, headline=headline, body=body)


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("headline", [_LONG, _WIDE, _ARABIC], ids=["latin", "wide", "arabic"])
def test_no_line_is_wider_than_the_terminal(newsroom: Newsroom, headline: str, width: int) -> None:
    newsroom.keep(_article(headline))

    lines = _print(newsroom, is_terminal=True, width=width)

    assert len(lines) > 2
    assert max(map(cell_len, lines)) < width


def test_a_headline_is_cut_between_words_and_a_sentence_is_wrapped(newsroom: Newsroom) -> None:
    newsroom.keep(_article(_LONG))

    text = "\n".join(_print(newsroom, is_terminal=True))

    assert "Harbour Master Says That No Proof Of\u2026\n" in text
    assert "over the quiet grain quay" in " ".join(text.split())


def test_nothing_is_cut_in_a_pipe_or_file(newsroom: Newsroom) -> None:
    newsroom.keep(_article(_LONG))

    lines = _print(newsroom, is_terminal=False)

    assert any(line.endswith(_LONG) for line in lines)
    assert max(map(len, lines)) > 150
