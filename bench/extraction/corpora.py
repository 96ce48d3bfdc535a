"""Folders of real pages and their annotated truth: ``ground-truth.json`` and ``html/<id>.html.gz``."""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

CORPORA = Path(__file__).resolve().parents[3] / "shared" / "corpora"
BODIES = CORPORA / "article-extraction-benchmark" / "open"
NEWS = CORPORA / "metadata" / "fundus" / "open"
DATES = CORPORA / "metadata" / "htmldate-eval" / "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One page and its truth; ``fetched_at`` is a day after its crawl, else long after its publication."""

    key: str
    url: str
    html: bytes
    truth: Mapping[str, Any]
    fetched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """A folder of samples, and the kinds of truth it has."""

    name: str
    samples: tuple[Sample, ...]

    @property
    def has_bodies(self) -> bool:
        """Whether the truth holds bodies, or snippets of them."""
        return bool({"articleBody", "with"} & self.samples[0].truth.keys())

    @property
    def has_metadata(self) -> bool:
        """Whether the truth holds titles, authors and dates."""
        return "publishing_date" in self.samples[0].truth

    @property
    def has_dates_alone(self) -> bool:
        """Whether the truth holds a day and nothing else."""
        return "date" in self.samples[0].truth


def read_corpus(folder: Path, *, only: str = "") -> Corpus:
    """Return the corpus in a folder; ``only`` selects by the truth's ``set``, if it has one."""
    samples = tuple(_read(folder, only))
    parts = folder.resolve().parts
    name = "/".join(parts[-2:]) + (f" {only}" if only else "")
    return Corpus(name=name, samples=samples)


def _read(folder: Path, only: str) -> Iterator[Sample]:
    truth = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
    for key, facts in sorted(truth.items()):
        if only and facts.get("set") != only:
            continue
        html = gzip.decompress((folder / "html" / f"{key}.html.gz").read_bytes())
        yield Sample(
            key=key, url=facts["url"], html=html, truth=facts, fetched_at=_fetched_at(facts)
        )


def _fetched_at(facts: Mapping[str, Any]) -> datetime:
    """Return the day after a page's crawl; if that is not known, a moment long after its publication, as for an archive."""
    if facts.get("crawl_date"):
        stated = datetime.fromisoformat(facts["crawl_date"])
        return stated.replace(tzinfo=stated.tzinfo or UTC) + timedelta(days=1)
    return datetime(2021, 3, 1, tzinfo=UTC)
