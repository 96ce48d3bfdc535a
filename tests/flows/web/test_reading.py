"""Reading for a page that takes long: it ends when the browser has left, and few do it at once."""

import asyncio
import sqlite3
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from crawler.config.schema import Config
from watchword.web.reading import VisitorLeft, read_long

_ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
_SHORT = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300) SELECT max(i) FROM n"


class _Browser:
    """Sends no body, and closes its connection when told to."""

    def __init__(self) -> None:
        self.leaving = asyncio.Event()
        self._said: list[str] = []

    async def receive(self) -> dict[str, Any]:
        if not self._said:
            self._said.append("http.request")
            return {"type": "http.request", "body": b""}
        await self.leaving.wait()
        return {"type": "http.disconnect"}


def _pages(path: Path) -> Any:
    served = {"watchword": SimpleNamespace(path=str(path))}
    return SimpleNamespace(databases=served, get_database=served.get)


@pytest.mark.parametrize("statement", [_ENDLESS, _SHORT])
def test_reading_ends_when_the_browser_has_left(
    database: sqlite3.Connection, config: Config, statement: str
) -> None:
    has_begun = threading.Event()

    def read_on(connection: sqlite3.Connection) -> None:
        has_begun.set()
        while True:
            connection.execute(statement).fetchall()

    async def visit() -> None:
        browser = _Browser()
        reading = asyncio.create_task(read_long(_pages(config.store.path), browser, read_on))
        await asyncio.to_thread(has_begun.wait, 5)
        browser.leaving.set()
        await reading

    with pytest.raises(VisitorLeft):
        asyncio.run(visit())


def test_two_read_at_once_and_who_left_before_its_turn_does_not_read(
    database: sqlite3.Connection, config: Config
) -> None:
    may_end, begun = threading.Event(), []

    def wait(_: sqlite3.Connection, name: str) -> str:
        begun.append(name)
        may_end.wait(10)
        return name

    async def visit() -> list[Any]:
        browsers = [_Browser() for _ in range(4)]
        tasks = []
        for name, browser in zip("abcd", browsers, strict=True):
            tasks.append(
                asyncio.create_task(read_long(_pages(config.store.path), browser, wait, name))
            )
            await asyncio.sleep(0)
        while len(begun) < 2:
            await asyncio.sleep(0.01)
        browsers[2].leaving.set()
        await asyncio.sleep(0.05)
        may_end.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    answers = asyncio.run(visit())

    assert [answers[0], answers[1], answers[3]] == ["a", "b", "d"]
    assert isinstance(answers[2], VisitorLeft)
    assert sorted(begun) == ["a", "b", "d"]
