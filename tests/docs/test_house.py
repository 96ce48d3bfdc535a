"""The house stays small: no room of the product has over nine modules, no module over 300 lines."""

from pathlib import Path

import pytest

from watchword.cli.reference.write_docs import DOCS

ROOT = DOCS.parent
MODULES = sorted(
    path for name in ("crawler", "scheduler", "watchword") for path in (ROOT / name).rglob("*.py")
)
ROOMS = sorted({path.parent for path in MODULES})
MOST_MODULES = 9
MOST_LINES = 300
# one schema is read as one
LONG = {"crawler/storage/file/migrations/steps/m001_first_schema.py"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("room", ROOMS, ids=relative)
def test_a_room_is_seen_at_a_glance(room: Path) -> None:
    modules = [path.name for path in room.glob("*.py") if path.name != "__init__.py"]

    assert len(modules) <= MOST_MODULES, modules


def test_every_room_says_what_it_is_for() -> None:
    silent = [
        relative(room) for room in ROOMS if not (room / "__init__.py").read_text().startswith('"""')
    ]

    assert silent == []


def test_no_module_is_long() -> None:
    long = {relative(path) for path in MODULES if path.read_text().count("\n") > MOST_LINES}

    assert long - LONG == set()
