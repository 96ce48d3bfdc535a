"""Serve folders of real pages on loopback, crawl them once, and count the outcome of every page.

    python -m bench.crawl_corpora [--data DIR ...] [--json]

A folder holds ``ground-truth.json`` ({id: {"url": ...}}) and ``html/<id>.html.gz``; its feed is made from that.
Every page must end as an article or as a refusal with a reason; exit code 1 where one does not.
"""

import argparse
import asyncio
import gzip
import json
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, closing
from pathlib import Path

from crawler.config.schema import Config
from crawler.storage.file.database import open_for_reading
from scheduler.one_crawl import run_crawl
from tests.fakes import FakeSite, Reply, rss

CORPORA = Path(__file__).resolve().parents[2] / "shared" / "corpora"
DEFAULT = (
    CORPORA / "article-extraction-benchmark" / "open",
    CORPORA / "metadata" / "fundus" / "open",
)


def serve(folder: Path, site: FakeSite) -> int:
    """Put every page of a folder, and a feed of them, on a site; return the number of pages."""
    ids = sorted(json.loads((folder / "ground-truth.json").read_text(encoding="utf-8")))
    for number, key in enumerate(ids):
        body = gzip.decompress((folder / "html" / f"{key}.html.gz").read_bytes())
        site.pages[f"/page/{number}"] = Reply(body)
    links = [(f"{site.url}/page/{number}", "") for number in range(len(ids))]
    site.pages["/rss"] = Reply(rss(links), content_type="application/rss+xml")
    return len(ids)


def main() -> int:
    """Run the crawl and print the counts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, action="append", help="a folder of pages; may be repeated"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sources, page_count = [], 0
        for number, folder in enumerate(options.data or DEFAULT):
            site = stack.enter_context(FakeSite())
            page_count += serve(folder, site)
            name = f"{number}-{folder.parent.name}"
            sources.append(
                {
                    "name": name,
                    "url": f"{site.url}/rss",
                    "kind": "feed",
                    "backfill": "3650d",
                    "allow_private": True,
                }
            )
        config = Config.model_validate(
            {
                "store": {"path": work / "watchword.db"},
                "fetch": {"per_domain": {"concurrency": 8, "delay": "0s"}, "max_entries": 10_000},
                "sources": sources,
                "watches": [{"name": "drones", "query": "drone"}],
            }
        )
        started = time.monotonic()
        names = tuple(str(source["name"]) for source in sources)
        asyncio.run(run_crawl(config, names, on_tick=lambda _connection: None))
        return report(config, page_count, time.monotonic() - started, as_json=options.json)


def report(config: Config, page_count: int, seconds: float, *, as_json: bool) -> int:
    """Print the counts of pages by result; return the exit code."""
    with closing(open_for_reading(config.store.path)) as connection:
        states = Counter(
            {
                row["state"]: row["count"]
                for row in connection.execute(
                    "SELECT state, count(*) AS count FROM entries GROUP BY state"
                )
            }
        )
        reasons = [
            tuple(row)
            for row in connection.execute(
                "SELECT reason, count(*) FROM entries WHERE reason IS NOT NULL GROUP BY reason ORDER BY 2 DESC"
            )
        ]
        articles, stories = connection.execute(
            "SELECT count(*), count(DISTINCT story_id) FROM articles"
        ).fetchone()
    facts = {
        "pages": page_count,
        **states,
        "articles": articles,
        "stories": stories,
        "seconds": round(seconds, 1),
    }
    if as_json:
        print(json.dumps({**facts, "reasons": reasons}))
    else:
        for name, value in facts.items():
            print(f"{name:<10} {value}")
        for reason, count in reasons:
            print(f"  {count:>4} x {reason}")
    explained = states["fetched"] + states["refused"]
    return 0 if explained == page_count else 1


if __name__ == "__main__":
    sys.exit(main())
