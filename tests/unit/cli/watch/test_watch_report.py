"""The report of ``watch test`` says what is exact, what is estimated, and how widely."""

import io
from contextlib import redirect_stdout
from datetime import date
from zoneinfo import ZoneInfo

from rich.console import Console

from crawler.flows.watch.estimates import Estimate
from crawler.flows.watch.survey import Survey
from tests.fakes import START
from watchword.cli.watch.watch_report import make_report, print_report, sum_up

SURVEY = Survey(
    article_count=1_000_000,
    begins_at=START,
    text_count=52_345,
    sample_count=1_004,
    is_exact=False,
    is_proven=False,
    articles=Estimate(41_234.5, 40_651.2, 41_817.9),
    stories=Estimate(38_001, 37_412, 38_590),
    weeks={date(2026, 11, 23): 38_001.0},
    sources={f"s{number}": (99.6, 98.2) for number in range(30)},
)


def write(survey: Survey) -> str:
    written = io.StringIO()
    report = make_report(survey, (), (), since=START, zone=ZoneInfo("UTC"))
    with redirect_stdout(written):
        console = Console(width=200, highlight=False)
        print_report(console, report, since="of the last 90d", clause_note="")
    return written.getvalue()


def test_an_estimate_is_written_with_bounds_that_are_rounded_outwards() -> None:
    text = sum_up(SURVEY, since="of the last 90d")

    assert text == (
        "about 41,200 (between 40,600 and 41,900) of 1,000,000 articles of the last 90d, "
        "in about 38,000 (between 37,400 and 38,600) stories"
    )


def test_what_is_exact_and_what_is_estimated_is_said() -> None:
    text = write(SURVEY)

    assert "Exact: 52,345 texts have its words. Estimated from 1,004 of them" in text
    assert "--exact" in text


def test_of_hundreds_of_sources_the_first_are_listed() -> None:
    text = write(SURVEY)

    assert "s19\t" in text
    assert "s20\t" not in text
    assert "... and 10 more sources" in text
