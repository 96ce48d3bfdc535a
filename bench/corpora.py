"""Folders of real pages with what a person says is right: ``ground-truth.json`` and ``html/<id>.html.gz``."""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

CORPORA = Path(__file__).resolve().parents[2] / "shared" / "corpora"
BODIES = CORPORA / "article-extraction-benchmark" / "open"
NEWS = CORPORA / "metadata" / "fundus" / "open"
DATES = CORPORA / "metadata" / "htmldate-eval" / "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One page and its truth; ``fetched_at`` is when it was crawled, or else the day after the truth at the latest."""

    key: str
    url: str
    html: bytes
    truth: Mapping[str, Any]
    fetched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """A folder of samples, and what its truth can judge."""

    name: str
    samples: tuple[Sample, ...]

    @property
    def has_bodies(self) -> bool:
        """Whether the truth holds bodies."""
        return "articleBody" in self.samples[0].truth

    @property
    def has_metadata(self) -> bool:
        """Whether the truth holds titles, authors and dates."""
        return "publishing_date" in self.samples[0].truth

    @property
    def has_dates_alone(self) -> bool:
        """Whether the truth is a day and nothing else."""
        return "date" in self.samples[0].truth


def read_corpus(folder: Path, *, only: str = "") -> Corpus:
    """Read a folder; ``only`` is a value of the truth's ``set``, where it has one."""
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
    """Give when a page was fetched; where that is not told, long after its publication, as for an archive."""
    if facts.get("crawl_date"):
        stated = datetime.fromisoformat(facts["crawl_date"])
        return stated.replace(tzinfo=stated.tzinfo or UTC) + timedelta(days=1)
    return datetime(2021, 3, 1, tzinfo=UTC)
