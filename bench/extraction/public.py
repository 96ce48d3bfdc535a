"""Makes a folder of the bench out of a checkout of a public collection of labelled pages.

    python -m bench.extraction.public COLLECTION CHECKOUT FOLDER [--part N/M]

wcxb         Murrough-Foley/web-content-extraction-benchmark, pages labelled "article", of its parts dev or test (wcxb-test)
n4k          AndyTheFactory/article-extraction-dataset, English news of 2023
zh           immortal-autumn/Chinese-Web-Content-Extraction-Dataset
snippets     adbar/trafilatura, tests: sentences a text must have and must not have
readability  mozilla/readability, test/test-pages: what a program found and people accepted, so not a truth but a second opinion

--part 1/3   every third page from the first on, in the order of a hash of their names: to look at some and to score others
"""

import argparse
import gzip
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Page = tuple[str, bytes, dict[str, Any]]


def _read_wcxb(checkout: Path, part: str = "dev") -> Iterator[Page]:
    for path in sorted((checkout / part / "ground-truth").glob("*.json")):
        stated = json.loads(path.read_text(encoding="utf-8"))
        text = stated.get("ground_truth", {}).get("main_content")
        if text and stated["_internal"]["page_type"]["primary"] == "article":
            html = gzip.decompress((checkout / part / "html" / f"{path.stem}.html.gz").read_bytes())
            url = stated.get("url") or f"https://wcxb.example/{path.stem}.html"
            yield path.stem, html, _body(url, text)


def _read_wcxb_test(checkout: Path) -> Iterator[Page]:
    return _read_wcxb(checkout, "test")


def _read_n4k(checkout: Path) -> Iterator[Page]:
    for stated in json.loads((checkout / "news_articles.json").read_text(encoding="utf-8")):
        path = checkout / "html" / f"{stated['html_file']}.html"
        if path.exists() and path.stat().st_size:
            yield path.stem, path.read_bytes(), _body(stated["link"], stated["text"])


def _read_zh(checkout: Path) -> Iterator[Page]:
    for path in sorted((checkout / "original").glob("*.html")):
        text = (checkout / "cleaned" / f"{path.stem}.txt").read_text(encoding="utf-8")
        yield path.stem, path.read_bytes(), _body(f"https://zh.example/{path.stem}.html", text)


def _read_snippets(checkout: Path) -> Iterator[Page]:
    stated = json.loads((checkout / "tests" / "evaldata.json").read_text(encoding="utf-8"))
    for url, truth in stated.items():
        folders = (checkout / "tests" / name for name in ("cache", "eval"))
        path = next((p for f in folders if (p := f / truth["file"]).is_file()), None)
        if path is not None:
            key = hashlib.sha256(url.encode()).hexdigest()[:16]
            yield key, path.read_bytes(), {"url": url, "with": truth["with"], "without": truth["without"]}  # fmt: skip


def _read_readability(checkout: Path) -> Iterator[Page]:
    import lxml.html

    for folder in sorted((checkout / "test" / "test-pages").iterdir()):
        expected = lxml.html.document_fromstring((folder / "expected.html").read_bytes())
        for part in list(expected.iter("p", "div", "li", "h2", "h3", "h4", "br", "td")):
            part.tail = f"\n{part.tail or ''}"
        text = re.sub(r"[ \t]+", " ", expected.text_content())
        url = f"https://readability.example/{folder.name}.html"
        yield folder.name, (folder / "source.html").read_bytes(), _body(url, text)


def _body(url: str, text: str) -> dict[str, Any]:
    # scored with the standfirst, and by sign in scripts that do not space words
    return {"url": url, "articleBody": text, "articleBodyWithSummary": text}


COLLECTIONS: dict[str, Callable[[Path], Iterator[Page]]] = {
    "wcxb": _read_wcxb,
    "wcxb-test": _read_wcxb_test,
    "n4k": _read_n4k,
    "zh": _read_zh,
    "snippets": _read_snippets,
    "readability": _read_readability,
}


def write_folder(pages: Iterator[Page], folder: Path, *, part: tuple[int, int] = (1, 1)) -> int:
    """Write pages and their truth as a folder of the bench, and return how many; ``part`` is (which, of how many)."""
    which, count = part
    chosen = sorted(pages, key=lambda page: hashlib.sha256(page[0].encode()).hexdigest())
    (folder / "html").mkdir(parents=True, exist_ok=True)
    truths: dict[str, dict[str, Any]] = {}
    for key, html, truth in chosen[which - 1 :: count]:
        (folder / "html" / f"{key}.html.gz").write_bytes(gzip.compress(html))
        truths[key] = truth
    text = json.dumps(truths, ensure_ascii=False)
    (folder / "ground-truth.json").write_text(text, encoding="utf-8")
    return len(truths)


def main() -> int:
    """Write one folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("collection", choices=sorted(COLLECTIONS))
    parser.add_argument("checkout", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--part", default="1/1", metavar="N/M")
    options = parser.parse_args()
    which, count = map(int, options.part.split("/"))
    pages = COLLECTIONS[options.collection](options.checkout)
    print(f"{write_folder(pages, options.folder, part=(which, count))} pages in {options.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
