"""A configuration written by difference leaves the database as one that is compared as a whole."""

import asyncio
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.config.schema import Config
from crawler.flows.process.configure import apply_config_in_slices
from crawler.flows.process.writer import Writer
from crawler.storage.file.database import open_for_reading, transaction
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.process.renames import save_next_name
from tests.conftest import make_config
from tests.fakes import START

# names that change, and addresses of which some are the same apart from www
SOURCES = st.dictionaries(
    st.sampled_from("abcde"),
    st.tuples(st.sampled_from(["x", "www.x", "y", "z", "w"]), st.booleans()),
    max_size=5,
)
WATCHES = st.dictionaries(st.sampled_from("mno"), st.sampled_from(["drone", "uav"]), max_size=3)
STEPS = st.lists(st.tuples(SOURCES, WATCHES), min_size=1, max_size=4)
Step = tuple[dict[str, tuple[str, bool]], dict[str, str]]


def configure(folder: Path, step: Step) -> Config:
    sources, watches = step
    return make_config(
        folder,
        sources=[
            {"name": name, "url": f"https://{host}.example/rss", "kind": "feed", "paused": paused}
            for name, (host, paused) in sources.items()
        ],
        watches=[{"name": name, "query": query} for name, query in watches.items()],
    )


def read_all(path: Path) -> list[tuple[Any, ...]]:
    with closing(open_for_reading(path)) as connection:
        return [
            tuple(row)
            for sql in (
                "SELECT name, url, kind, tags, is_active, inactive_since, next_name FROM sources ORDER BY name",
                "SELECT name, query, settings, is_active, next_name FROM watches ORDER BY name",
            )
            for row in connection.execute(sql)
        ]


async def put(path: Path, configs: list[Config], *, by_difference: bool) -> None:
    writer = Writer(path)
    await writer.run(migrate)
    stored: Config | None = None
    for config in configs:
        await apply_config_in_slices(
            writer, config, before=stored, stored=stored if by_difference else None, now=START
        )
        stored = config
    writer.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_edits_by_difference_leave_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Step]
) -> None:
    folder = tmp_path_factory.mktemp("edits")
    configs = [configure(folder, step) for step in steps]

    for name, by_difference in (("whole", False), ("differing", True)):
        asyncio.run(put(folder / name, configs, by_difference=by_difference))

    assert read_all(folder / "differing") == read_all(folder / "whole")


async def test_a_name_announced_by_command_is_taken_with_the_edit(tmp_path: Path) -> None:
    before = configure(tmp_path, ({"a": ("x", False), "b": ("y", False)}, {}))
    after = configure(tmp_path, ({"c": ("z", False), "b": ("y", False)}, {}))
    path = before.store.path
    await put(path, [before], by_difference=True)
    writer = Writer(path)

    def announce(connection: Any) -> None:
        with transaction(connection):
            save_next_name(connection, "sources", 1, "c")

    await writer.run(announce)
    await apply_config_in_slices(writer, after, before=before, stored=before, now=START)
    writer.close()

    with closing(open_for_reading(path)) as connection:
        rows = connection.execute("SELECT id, name, is_active FROM sources ORDER BY id")
        assert [tuple(row) for row in rows] == [(1, "c", 1), (2, "b", 1)]
