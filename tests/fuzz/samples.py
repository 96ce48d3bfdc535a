"""Samples to begin with: of the repository, and of the corpora of pages if they lie where ``WATCHWORD_CORPORA`` says."""

import gzip
import os
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# pages larger than this are slow to understand, and find nothing that smaller ones do not
_MOST_BYTES = 120_000
_MOST_PAGES = 60


@cache
def read_pages() -> tuple[bytes, ...]:
    """Return HTML pages: of the demo, of sites with rules, and of the corpora."""
    own = [*(ROOT / "watchword/demo/pages").glob("*.html")]
    own += [*(ROOT / "tests/unit/extract/sites/specimens").glob("*.html")]
    pages = [path.read_bytes() for path in sorted(own)]
    return (*pages, *islice(_read_corpora(), _MOST_PAGES))


def _read_corpora() -> Iterator[bytes]:
    folder = os.environ.get("WATCHWORD_CORPORA")
    if not folder:
        return
    # each 7th, so that a few of every corpus are there
    for path in sorted(Path(folder).rglob("*.html*"))[::7]:
        content = path.read_bytes()
        page = gzip.decompress(content) if path.suffix == ".gz" else content
        if len(page) <= _MOST_BYTES:
            yield page


@cache
def read_feeds() -> tuple[bytes, ...]:
    """Return the demo's feeds, which are RSS and Atom."""
    return tuple(path.read_bytes() for path in sorted((ROOT / "watchword/demo/pages").glob("*.xml")))  # fmt: skip


@cache
def read_configurations() -> tuple[bytes, ...]:
    """Return the configurations of the seeds and of the docs' examples."""
    files = [*(ROOT / "seeds").glob("*.toml"), *(ROOT / "seeds/first").glob("*.toml"), *(ROOT / "docs/examples").rglob("*.toml")]  # fmt: skip
    return tuple(path.read_bytes()[:20_000] for path in sorted(files))
