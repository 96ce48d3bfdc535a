"""Counts, numbers and instants that people read have one writer each: ``crawler/text/counts.py`` and ``instants.py``."""

import re

import pytest

from watchword.cli.reference.write_docs import DOCS

ROOT = DOCS.parent
FILES = sorted(
    path
    for name in ("crawler", "scheduler", "watchword")
    for path in (ROOT / name).rglob("*.*")
    if path.suffix in {".py", ".html"}
)
# the demo's newspapers write dates as real ones do
PRESS = ROOT / "watchword" / "demo" / "pages"
# the log stands below the writers: it can import neither
LOG = ROOT / "crawler" / "log.py"
BY_HAND = {
    "a plural made with an s": r"""['"]s['"] (if|\*)|['"]s\{?['"] if""",
    "a count of one, spelt out": r"""['"](1|one) \w+[^'"]*['"] if """,
    "thousands separated by a format": r"\{[^{}\"]+:,(\.\d)?[df]?\}",
    "a date by a format": r"%-?d %[bB]|%[bB] %-?d|\{\w+:%Y-%m-%d\}",
    "an instant cut out of its text": r"_at(\"\])?\[:1[069]\]|value\[:16\]",
}


@pytest.mark.parametrize("what", BY_HAND)
def test_no_count_or_instant_is_written_by_hand(what: str) -> None:
    pattern = re.compile(BY_HAND[what])

    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in FILES
        if PRESS not in path.parents and path != LOG
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]

    assert not found
