"""The log: one bounded line for each record, which a program can read back, and never a page's body."""

import dataclasses
import inspect
import io
import json
import logging
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract.body.body import Body
from crawler.log import log_event, say_ended, set_up_logging
from crawler.logs.context import bound
from crawler.logs.masks import mask
from crawler.model import article, watch
from crawler.model.mail import alert
from crawler.model.site import RobotsFile
from crawler.storage.news.stories import StoredText

_log = logging.getLogger("watchword.test")
ROOT = Path(__file__).parents[2]
_PAIR = re.compile(r' (\w+)=("(?:[^"\\]|\\.)*"|\S*)')
_BODIES = {"body", "standfirst", "cut", "passages", "diff", "paragraphs", "text"}


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def say(**fields: object) -> str:
    stream = io.StringIO()
    set_up_logging(stream=stream)
    log_event(_log, logging.INFO, "page broke", **fields)
    return stream.getvalue()


@given(st.dictionaries(st.sampled_from(["url", "reason", "x"]), st.text(max_size=400)))
def test_every_line_can_be_read_back(fields: dict[str, str]) -> None:
    line = say(**fields)

    assert len(line.splitlines()) == 1
    assert read_back(line) == {name: mask(value) for name, value in fields.items()}


def read_back(line: str) -> dict[str, str]:
    return {
        name: json.loads(value) if value.startswith('"') else value
        for name, value in _PAIR.findall(line.rstrip("\n"))
    }


@given(st.text(min_size=450, max_size=500), st.text(st.characters(max_codepoint=0x20)))
def test_a_line_is_never_cut_within_a_value(long: str, controls: str) -> None:
    fields = {f"x{number}": long for number in range(8)} | {"last": controls}

    line = say(**fields)

    assert len(line.splitlines()) == 1
    # a text by chance may hold what looks like a login
    assert read_back(line) == {name: mask(value) for name, value in fields.items()}


def test_an_error_keeps_its_values_readable(stream: io.StringIO) -> None:
    set_up_logging(stream=stream)
    try:
        int("x")
    except ValueError:
        log_event(_log, logging.ERROR, "page broke", exc_info=True, url='http://x.org/ a="b')

    first, *rest = stream.getvalue().splitlines()
    assert read_back(first) == {"url": 'http://x.org/ a="b'}
    assert rest[-1].startswith("    ValueError: ")


def test_all_code_logs_through_log_event() -> None:
    """Only lines that ``log_event`` writes can be read back by a program."""
    called = re.compile(r"\b_?log(?:ger)?\.(?:debug|info|warning|error|exception|critical|log)\(")
    files = [one for room in ("crawler", "scheduler", "watchword") for one in (ROOT / room).rglob("*.py")]  # fmt: skip

    found = {str(one.relative_to(ROOT)) for one in files if called.search(one.read_text())}

    # Scrapy names the logger of a spider; it is for people who run `scrapy crawl` by hand. Strays are what libraries say
    assert found == {"crawler/log.py", "crawler/logs/strays.py", "crawler/spiders/feed.py"}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("harbour", "x=harbour"),
        ("timed out", 'x="timed out"'),
        ("", 'x=""'),
        ('say "no"', r'x="say \"no\""'),
        ("a=b", 'x="a=b"'),
        ("one\ntwo", r'x="one\ntwo"'),
        ("\x1b[31m", r'x="\u001b[31m"'),
        ("a\u2028b", r'x="a\u2028b"'),
    ],
)
def test_a_value_is_quoted_where_it_would_be_misread(value: str, written: str) -> None:
    assert say(x=value).rstrip("\n").endswith(f" page broke {written}")


def test_a_value_is_bounded() -> None:
    assert len(say(x="y" * 100_000)) < 700


def test_a_librarys_message_is_one_bounded_line(stream: io.StringIO) -> None:
    set_up_logging(stream=stream)

    logging.getLogger("some.library").error(
        "got %s\n2026-11-23T10:00:00.000Z INFO x forged \x1b[0m", "y" * 100_000
    )

    text = stream.getvalue()
    assert len(text.splitlines()) == 1
    assert len(text) < 2_200
    assert "\x1b" not in text


def test_no_line_of_a_traceback_can_be_taken_for_a_record(stream: io.StringIO) -> None:
    set_up_logging(stream=stream)
    try:
        int("\n2026-11-23T10:00:00.000Z INFO x forged" + "y" * 100_000)
    except ValueError:
        _log.exception("page broke")

    first, *rest = stream.getvalue().splitlines()
    assert first.endswith("ERROR watchword.test page broke")
    assert rest
    assert all(line.startswith("    ") for line in rest)
    assert len(stream.getvalue()) < 4_000


def list_records() -> list[type]:
    found = [Body, RobotsFile, StoredText]
    for module in (article, alert, watch):
        found += [
            one
            for _, one in inspect.getmembers(module, dataclasses.is_dataclass)
            if inspect.isclass(one) and one.__module__ == module.__name__
        ]
    return found


@pytest.mark.parametrize("record", list_records(), ids=lambda record: record.__name__)
def test_no_record_shows_a_text_of_a_page(record: type) -> None:
    shown = {each.name for each in dataclasses.fields(record) if each.repr}

    # a byline's text is a name, not a body
    assert not shown & _BODIES or record is article.Byline


def test_times_are_in_the_readers_zone_at_a_terminal_and_in_utc_in_a_file() -> None:
    record = logging.LogRecord("watchword.test", logging.INFO, "", 0, "page broke", None, None)
    record.created = 1_795_600_800.0  # 2026-11-25T10:00:00Z
    file = io.StringIO()
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal:
        for stream in (terminal, file):
            set_up_logging(stream=stream, zone=ZoneInfo("Asia/Tokyo"))
            logging.getLogger().handle(record)
        terminal.flush()
        written = os.read(ours, 1000).decode()
    os.close(ours)

    assert written.startswith("19:00:00 INFO ")
    assert file.getvalue().startswith("2026-11-25T10:00:00.000Z INFO ")


def test_a_json_log_is_one_object_a_line_with_values_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WATCHWORD_LOG_FORMAT", "json")
    stream = io.StringIO()
    set_up_logging(stream=stream)
    log = logging.getLogger("watchword.test")

    log_event(log, logging.INFO, "page broke", url="https://x.org/\n\u2028\x1b[31m", count=3, is_last=True, why=None)  # fmt: skip
    log_event(log, logging.ERROR, "page broke", exc_info=ValueError("x" * 10_000))
    logging.getLogger("other").warning("a library said %s", "y" * 10_000)

    first, second, third = map(json.loads, stream.getvalue().splitlines())
    assert first.pop("time").endswith("Z")
    assert first == {
        "level": "info",
        "logger": "watchword.test",
        "process": "command",
        "event": "page broke",
        "url": "https://x.org/\n\u2028\x1b[31m",
        "count": 3,
        "is_last": True,
        "why": None,
    }
    assert "ValueError" in second["exception"]
    assert len(second["exception"]) < 4_000
    assert third["level"] == "warning"
    assert len(third["event"]) < 3_000
    assert stream.getvalue().isascii()


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_is_bound_is_part_of_every_line(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHWORD_LOG_FORMAT", form)
    stream = io.StringIO()
    set_up_logging(stream=stream, process="crawl")

    with bound(source="harbour", visit=7):
        log_event(_log, logging.INFO, "page broke", url="https://x.org/")
        logging.getLogger("some.library").error("odd")
    log_event(_log, logging.INFO, "all is done")

    first, second, third = stream.getvalue().splitlines()
    if form == "json":
        assert json.loads(first)["visit"] == 7
        assert json.loads(second)["source"] == "harbour"
        assert json.loads(second)["process"] == "crawl"
    else:
        assert first.endswith("page broke url=https://x.org/ source=harbour visit=7")
        assert second.endswith("odd source=harbour visit=7")
    assert "harbour" not in third


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_login_token_or_address_is_written(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHWORD_LOG_FORMAT", form)
    stream = io.StringIO()
    set_up_logging(stream=stream)
    said = "http://ada:hunter2@h.example/?token=s3same for joe@example.org"

    log_event(_log, logging.ERROR, "page broke", url=said, exc_info=ValueError(said))
    logging.getLogger("some.library").error("cannot read %s", said)
    with bound(recipient="joe@example.org"):
        log_event(_log, logging.INFO, "sent")

    text = stream.getvalue()
    assert text.count("j***@example.org") == 4
    assert not [one for one in ("hunter2", "s3same", "joe@") if one in text]


def test_repeats_are_counted_and_their_end_is_written(stream: io.StringIO) -> None:
    set_up_logging(stream=stream)

    for _ in range(42):
        log_event(_log, logging.ERROR, "page broke", source="harbour", exc_info=ValueError("odd"))
    say_ended("page broke", source="harbour")

    lines = [one for one in stream.getvalue().splitlines() if not one.startswith(" ")]
    assert len(lines) == 2
    assert "stopped=True repeated=41" in lines[1]


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_count_of_what_a_library_repeats_is_masked_and_one_line(
    form: str, monkeypatch: pytest.MonkeyPatch, stream: io.StringIO
) -> None:
    monkeypatch.setenv("WATCHWORD_LOG_FORMAT", form)
    set_up_logging(stream=stream)
    # the secret ends where the text that is compared does
    said = "http://ada:hunter2@h.example/\n2026-11-23T10:00:00.000Z INFO x forged ".ljust(480, "x")

    for _ in range(3):
        logging.getLogger("some.library").warning("%s password=hunter2hunter2", said)
    set_up_logging(stream=io.StringIO())

    first, count = stream.getvalue().splitlines()
    assert "repeated" in count
    assert "hunter2" not in first + count
    assert "http://ada:***@h.example/" in count


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_field_with_the_name_of_a_secret_is_masked_whatever_its_value_is(
    form: str, monkeypatch: pytest.MonkeyPatch, stream: io.StringIO
) -> None:
    monkeypatch.setenv("WATCHWORD_LOG_FORMAT", form)
    set_up_logging(stream=stream)

    log_event(_log, logging.INFO, "page broke", password="hunter2", access_token=4711, key="k1")

    text = stream.getvalue()
    assert "hunter2" not in text
    assert "4711" not in text
    assert "k1" in text


def test_counts_are_written_when_a_process_sets_its_log_up_anew(stream: io.StringIO) -> None:
    set_up_logging(stream=stream)
    for _ in range(3):
        logging.getLogger("some.library").warning("odd")

    set_up_logging(stream=io.StringIO())

    assert "odd repeated=2 within_seconds=0" in stream.getvalue()


_TALKATIVE = """
import logging, os, sys, threading, traceback, warnings
from crawler.log import log_event, set_up_logging
set_up_logging(process="crawl")
print("printed"); print("printed there", file=sys.stderr)
warnings.warn("old thing")
logging.getLogger("lib").error("one\\ntwo")
try:
    1 / 0
except ZeroDivisionError:
    traceback.print_exc()
    logging.getLogger("lib").exception("broke")
thread = threading.Thread(target=lambda: [][0]); thread.start(); thread.join()
class Odd:
    def __del__(self): raise ValueError("in del")
Odd()
for _ in range(5): logging.getLogger("lib").error("again")
raise RuntimeError("the end")
"""


def test_whatever_a_process_says_is_one_json_object_a_line() -> None:
    environment = {**os.environ, "WATCHWORD_LOG_FORMAT": "json"}
    done = subprocess.run([sys.executable, "-c", _TALKATIVE.replace("\\\\", "\\")], env=environment, capture_output=True, text=True, check=False)  # fmt: skip

    found = [json.loads(line) for line in (done.stderr + done.stdout).splitlines()]
    said = " | ".join(one["event"] for one in found)
    for words in ("printed |", "printed there", "old thing", "one\ntwo", "Traceback", "broke", "thread", "ends by an error", "could not be raised"):  # fmt: skip
        assert words in said
    assert all({"time", "level", "logger", "process", "event"} <= one.keys() for one in found)
    assert [one["repeated"] for one in found if "repeated" in one and one["event"] == "again"] == [4]  # fmt: skip
    assert any("RuntimeError: the end" in one.get("exception", "") for one in found)
