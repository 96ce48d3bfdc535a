"""The fenced blocks of the docs, and how those that show commands are run.

- ``console``: lines that begin with ``$`` are run, in order, in one folder for each page. What is shown below a command is its whole
  output, ``...`` standing for anything; nothing shown means that its output is not compared. ``# exit code 2`` at its end is the exit
  code, without it 0.
- ``sh``: commands that cannot run here; a test lists why.
- any block with ``title="seeds/web.toml"``: a file, written before the commands after it run.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^( *)```(\w*)(?: title=\"([^\"]+)\")?$")
_EXIT_CODE = re.compile(r"# exit code (\d+)$")


@dataclass(frozen=True, slots=True)
class Command:
    """A command as it is typed, the output shown below it, and the exit code that it should have."""

    typed: str
    shown: tuple[str, ...]
    exit_code: int


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block; ``line`` is that of its fence."""

    page: Path
    line: int
    language: str
    title: str
    text: str

    def commands(self) -> Iterator[Command]:
        """Yield the commands of a block of the language ``console``."""
        typed, shown = "", []
        for line in [*self.text.splitlines(), "$ "]:
            if not line.startswith("$ "):
                shown.append(line)
                continue
            if typed:
                code = _EXIT_CODE.search(typed)
                yield Command(typed, tuple(shown), int(code[1]) if code else 0)
            typed, shown = line[2:], []


def list_blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page."""
    found: list[Block] = []
    opened: tuple[int, re.Match[str]] | None = None
    body: list[str] = []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        fence = _FENCE.match(line)
        if opened is None and fence:
            opened, body = (number, fence), []
        elif opened is not None and fence and not fence[2]:
            at, first = opened
            text = "\n".join(part.removeprefix(first[1]) for part in body)
            found.append(Block(page, at, first[2], first[3] or "", f"{text}\n"))
            opened = None
        elif opened is not None:
            body.append(line)
    assert opened is None, f"{page} has a fence that is never closed"
    return found


def is_shown(shown: tuple[str, ...], output: str) -> bool:
    """Return whether an output is what a page shows, word for word; where lines end does not count, for terminals wrap them."""
    wanted = (" ".join(line.split()) for line in shown if line.strip())
    pattern = "".join(r"(?:\S+ )*" if line == "..." else f"{re.escape(line)} " for line in wanted)
    return re.fullmatch(pattern, "".join(f"{word} " for word in output.split())) is not None
