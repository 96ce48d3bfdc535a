"""The sites that are crawled: real pages, with words shuffled so that no two texts are the same, each site with a feed."""

import gzip
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lxml import html

# paragraphs of fewer words are bylines, captions and menus: shuffled, they would be recognised as nothing
_FEWEST_WORDS = 8


@dataclass(frozen=True, slots=True)
class Original:
    """A real page, and the body a person found in it; empty if nobody looked."""

    content: bytes
    body: str


def read_originals(folders: Sequence[Path]) -> tuple[Original, ...]:
    """Return the pages of folders with ``ground-truth.json`` and ``html/ID.html.gz``, in a fixed order."""
    found = []
    for folder in folders:
        truth = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
        for key in sorted(truth):
            file = folder / "html" / f"{key}.html.gz"
            if file.exists():
                body = str(truth[key].get("articleBody") or "")
                found.append(Original(gzip.decompress(file.read_bytes()), body))
    random.Random(1).shuffle(found)
    return tuple(found)


def write_sites(
    originals: Sequence[Original], folder: Path, *, page_count: int, site_count: int
) -> None:
    """Write pages as ``folder/SITE/PAGE.html``; from its second use on, the words of a page's paragraphs are shuffled."""
    for number in range(page_count):
        turn, place = divmod(number, len(originals))
        content = originals[place].content
        site = folder / str(number % site_count)
        site.mkdir(parents=True, exist_ok=True)
        (site / f"{number}.html").write_bytes(shuffle(content, turn) if turn else content)


def shuffle(content: bytes, seed: int) -> bytes:
    """Return a page with the words of each long text of its paragraphs in another order."""
    chance = random.Random(seed)
    try:
        tree = html.fromstring(content)
    except (ValueError, html.etree.ParserError):
        return content
    for paragraph in tree.iter("p"):
        for node in paragraph.iter():
            for name in ("text", "tail") if node is not paragraph else ("text",):
                words = (getattr(node, name) or "").split()
                if len(words) >= _FEWEST_WORDS and isinstance(node.tag, str):
                    chance.shuffle(words)
                    setattr(node, name, f" {' '.join(words)} ")
    shuffled: bytes = html.tostring(tree, encoding="utf-8", doctype="<!doctype html>")
    return shuffled
