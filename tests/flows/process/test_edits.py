"""Edits of the configuration from web pages: what is written, what is refused, and that doing one twice changes nothing."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from crawler.errors import RequestRefused
from crawler.flows.process.edits import apply_edit
from crawler.model.request import Request, RequestKind

CONFIG = """# ours
[[source]]
name = "courier"
url = "https://courier.example/rss"   # the coast

[[watch]]
name = "drones"  # and their like
query = "drone"
to = ["me@example.org"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "watchword.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def edit(file: Path, kind: RequestKind, **arguments: object) -> str:
    return apply_edit(Request(id=1, kind=kind, arguments=arguments), file)


def stated(file: Path, kind: str) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in tomllib.loads(file.read_text("utf-8"))[kind]}


def test_a_query_is_changed_with_comments_kept_and_only_once(file: Path) -> None:
    asked = {"name": "drones", "query": 'drone -"air show"', "before": "drone"}

    assert "new query" in edit(file, RequestKind.SAVE_WATCH, **asked)
    once = file.read_bytes()
    # the daemon was killed before its answer, and finds the request again
    assert "has this query" in edit(file, RequestKind.SAVE_WATCH, **asked)

    assert file.read_bytes() == once
    assert stated(file, "watch")["drones"]["query"] == 'drone -"air show"'
    assert "# and their like" in file.read_text()


def test_a_query_of_several_lines_is_changed_by_a_form_that_posts_its_breaks(file: Path) -> None:
    file.write_text(CONFIG.replace('"drone"', '"""\ndrone\nOR uav\n"""'))

    edit(file, RequestKind.SAVE_WATCH, name="drones", query="boat", before="drone\r\nOR uav\r\n")

    assert stated(file, "watch")["drones"]["query"] == "boat"


def test_a_watch_is_added_and_only_once(file: Path) -> None:
    asked = {"name": "f\u00e4hren", "query": "ferry", "before": None}

    edit(file, RequestKind.SAVE_WATCH, **asked)
    edit(file, RequestKind.SAVE_WATCH, **asked)

    assert list(stated(file, "watch")) == ["drones", "f\u00e4hren"]


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"name": "drones", "query": "boat", "before": "uav"}, "changed meanwhile"),
        ({"name": "drones", "query": "boat", "before": None}, "already a watch"),
        ({"name": "gone", "query": "boat", "before": "drone"}, "no watch"),
        ({"name": "drones", "query": "(boat", "before": "drone"}, "cannot be read"),
        ({"name": "n" * 200, "query": "boat", "before": None}, "would not be valid"),
        ({"name": "new", "query": "b" * 3000, "before": None}, "at most 2000"),
    ],
)
def test_what_cannot_be_saved_changes_nothing(
    file: Path, asked: dict[str, object], reason: str
) -> None:
    with pytest.raises(RequestRefused) as refused:
        edit(file, RequestKind.SAVE_WATCH, **asked)

    assert reason in refused.value.reason
    assert file.read_text("utf-8") == CONFIG


def test_a_source_is_added_paused_and_goes_on(file: Path) -> None:
    edit(file, RequestKind.SAVE_SOURCE, name="echo", url="echo.example/news", paused=False)
    edit(file, RequestKind.SAVE_SOURCE, name="courier", url="", paused=True)

    sources = stated(file, "source")
    assert sources["echo"]["url"] == "https://echo.example/news"
    assert sources["courier"]["paused"] is True
    edit(file, RequestKind.SAVE_SOURCE, name="courier", url="", paused=False)
    assert "paused" not in stated(file, "source")["courier"]


@pytest.mark.parametrize(
    ("name", "url", "reason"),
    [
        ("courier", "https://other.example/", "already a source"),
        ("gone", "", "no source"),
        ("new", "ftp://x.example/", "would not be valid"),
        ("new", "https://", "would not be valid"),
    ],
)
def test_a_source_that_cannot_be_one_is_refused(
    file: Path, name: str, url: str, reason: str
) -> None:
    with pytest.raises(RequestRefused) as refused:
        edit(file, RequestKind.SAVE_SOURCE, name=name, url=url, paused=False)

    assert reason in refused.value.reason
    assert file.read_text("utf-8") == CONFIG


def test_a_file_that_cannot_be_written_is_said(file: Path) -> None:
    file.write_text("not = [toml", encoding="utf-8")

    with pytest.raises(RequestRefused) as refused:
        edit(file, RequestKind.SAVE_WATCH, name="new", query="boat", before=None)

    assert "configuration" in refused.value.reason
