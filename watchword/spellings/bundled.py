"""The synonym sets of ``seeds/synonyms``, which come with the package."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True, kw_only=True)
class BundledSet:
    """A ready ``[[synonyms]]`` table. ``topic`` is its file: people, places, countries, organisations or subjects."""

    name: str
    topic: str
    words: tuple[str, ...]


@cache
def list_bundled_sets() -> tuple[BundledSet, ...]:
    """Return all sets, by topic and then in the order of their file."""
    return tuple(_read_files())


def _read_files() -> Iterator[BundledSet]:
    folder = files("seeds") / "synonyms"
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if file.name.endswith(".toml"):
            facts = tomllib.loads(file.read_text(encoding="utf-8"))
            for one in facts["synonyms"]:
                topic = file.name.removesuffix(".toml")
                yield BundledSet(name=one["name"], topic=topic, words=tuple(one["words"]))


def read_table(name: str) -> dict[str, object]:
    """Return a set for ``add_items`` with the line breaks that its words have in our file. Raises KeyError."""
    import tomlkit  # noqa: PLC0415  # only for adding

    topic = {one.name: one.topic for one in list_bundled_sets()}[name]
    text = (files("seeds") / "synonyms" / f"{topic}.toml").read_text(encoding="utf-8")
    for table in tomlkit.parse(text)["synonyms"]:
        if table["name"] == name:
            return {"name": name, "words": table["words"]}
    raise KeyError(name)
