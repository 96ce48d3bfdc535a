"""The sites of the field cases, served on loopback by the cases' own runner."""

import importlib.util
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

_RUNNER = Path("00-server", "server.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The folder of a case: a site, or a list of feeds to import."""

    folder: Path
    outlines: Path | None

    @property
    def number(self) -> str:
        """The number that the folder's name begins with."""
        return self.folder.name.partition("-")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSite:
    """A site being served: its module, and the runner's state with ``visit``, ``requests`` and ``memo``."""

    module: ModuleType
    state: Any

    @property
    def visits(self) -> int:
        return int(getattr(self.module, "VISITS", 1))

    def list_sources(self) -> list[dict[str, Any]]:
        """Return the sources in the form peers get; ``proxy`` is empty if there is none."""
        base, patch = self.state.base, getattr(self.module, "patch", lambda text, _base: text)
        sources = []
        for text in self.module.SOURCES:
            stated = patch(text.replace("{BASE}", base), base).replace("{PROXY}", base)
            source = tomllib.loads(stated)
            sources.append(
                {
                    "url": source["url"],
                    "kind": source["kind"],
                    "proxy": source.get("proxy", ""),
                    "headers": source.get("headers", {}),
                }
            )
        return sources


def find_cases(folder: Path) -> list[Case]:
    """Return the cases of a folder, in order; none if the folder is absent."""
    if not (folder / _RUNNER).is_file():
        return []
    return list(_find(folder))


def _find(folder: Path) -> Iterator[Case]:
    for entry in sorted(folder.iterdir()):
        lists = sorted(entry.glob("*.opml"))
        if (entry / "site.py").is_file():
            yield Case(folder=entry, outlines=None)
        elif lists:
            yield Case(folder=entry, outlines=lists[0])


def find_runner(folder: Path) -> Path:
    """Return the path of the program that serves cases and lets Watchword crawl them."""
    return folder / _RUNNER


@cache
def load_runner(folder: Path) -> ModuleType:
    """Return the runner, imported as a module."""
    spec = importlib.util.spec_from_file_location("field_server", find_runner(folder))
    if spec is None or spec.loader is None:
        raise FileNotFoundError(find_runner(folder))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def open_case(case: Case) -> Iterator[OpenSite]:
    """Serve the site of a case until the context ends."""
    module, state = load_runner(case.folder.parent).open_site(case.folder)
    try:
        yield OpenSite(module=module, state=state)
    finally:
        state.loop.call_soon_threadsafe(state.loop.stop)


def read_facts(case: Case) -> tuple[str, int, bool]:
    """Return what a case expects in its own words, its number of visits, and whether it needs settings of its own."""
    if case.outlines:
        return "every outline is taken or named", 0, False
    module = load_runner(case.folder.parent).load(case.folder)
    return module.WANT, int(getattr(module, "VISITS", 1)), hasattr(module, "CONFIG")
