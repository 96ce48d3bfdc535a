"""Where each part of a cluster ends: what an article and a visit cost home and workers, and what a million sources would need.

    python -m bench.scale.cluster [--articles 400] [--watches 1000] [--before 2000] [--peer CHECKOUT] [--keep DIR]

Articles of 180 kB pages go from page to database in one process: understood and written down as a worker does, then read and replayed as
the home does, by the product's own functions, into a file that holds ``--before`` articles already. Visits that find nothing new are
handed out and replayed in bundles of 16. Processor time of a thread, by part. The second table multiplies: each part at 60 % load, six visits an
article (Media Cloud's 180,000 feeds). What PostgreSQL costs is measured by ``bench.cluster.queue``.

With ``--peer`` the home is compared in the same run, on the same texts, with storing an article without a cluster and with a checkout of
f6b1981, which has an environment of its own (``make setup``): the last commit at which all of an article was done where it is stored. Watches
are of rare words, so that an article in five meets one, and what PostgreSQL costs the home is measured too. ``--keep``: filled files stay there.
"""

import argparse
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from bench.dedup.__main__ import OPEN
from bench.growth.archive.filled import fill_archive
from bench.growth.archive.settings import choose_queries
from bench.growth.archive.texts import Press, read_bodies
from bench.scale.cluster.beside import compare
from bench.scale.cluster.home import Home
from bench.scale.cluster.pages import A_ROUND, MOST_WORDS, Pages

_DAY = 86_400
_LOAD = 0.6
# of Media Cloud (180,000 feeds): visits for each article
VISITS_AN_ARTICLE = 6
_WORLDS = ((50_000, 500_000), (200_000, 1_500_000), (400_000, 5_000_000), (1_000_000, 50_000_000))


def measure_alone(folder: Path, *, articles: int, watches: int, before: int) -> None:
    """Measure home and worker, and print both tables."""
    bodies = [body for texts in read_bodies(OPEN).values() for body in texts]
    archive = fill_archive(folder, before, OPEN, queries=choose_queries(bodies, watches))
    pages = Pages(Press(OPEN, most_words=MOST_WORDS), A_ROUND + articles)
    home = Home(archive.config)
    with closing(home.database):
        home.take_articles(pages, pages.make_articles(A_ROUND))
        size, count = _measure_file(home), _count(home)
        home.begin()
        for _ in range(0, articles, A_ROUND):
            home.take_articles(pages, pages.make_articles(A_ROUND))
        for _ in range(10):
            home.take_visits()
        text, kept = _measure_file(home)
        added = _count(home) - count
    show(home, text_bytes=(text - size[0]) / added, page_bytes=(kept - size[1]) / added)


def _count(home: Home) -> int:
    return int(home.database.execute("SELECT count(*) FROM articles").fetchone()[0])


def _measure_file(home: Home) -> tuple[int, int]:
    """Return what texts and indexes take in the file, in bytes, and what kept pages take."""
    ask = home.database.execute
    pages = int(ask("SELECT coalesce(sum(length(body)), 0) FROM pages").fetchone()[0])
    whole = ask("PRAGMA page_count").fetchone()[0] * ask("PRAGMA page_size").fetchone()[0]
    return int(whole) - pages, pages


def show(home: Home, *, text_bytes: float, page_bytes: float) -> None:
    """Print what one costs, and what many need."""
    clocks = home.clocks
    sent_bytes = home.sent_bytes / clocks.home_article.count
    print("| | worker, ms | home, ms | sent, kB | text and index, kB | page, kB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    print(
        f"| article | {clocks.worker_article.each:.1f} | {clocks.home_article.each:.1f} | {sent_bytes / 1000:.1f} "
        f"| {text_bytes / 1000:.1f} | {page_bytes / 1000:.1f} |"
    )
    planned = clocks.home_visit.each + clocks.planning.each
    print(f"| visit that announces it | | {clocks.home_announcing.each + clocks.planning.each:.2f} | | | |")  # fmt: skip
    print(f"| visit without news | {clocks.worker_visit.each:.2f} | {planned:.2f} | | | |\n")
    print("| sources | articles a day | a second | homes (cores at 60 %) | worker cores at 60 % | through PostgreSQL, MB/s | text a day, GB | pages a day, GB |")  # fmt: skip
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    others = VISITS_AN_ARTICLE - 1
    at_home = clocks.home_article.each + clocks.home_announcing.each + clocks.planning.each + others * planned  # fmt: skip
    worker = clocks.worker_article.each + VISITS_AN_ARTICLE * clocks.worker_visit.each
    for sources, articles in _WORLDS:
        rate = articles / _DAY
        print(
            f"| {sources:,} | {articles:,} | {rate:.1f} | {rate * at_home / 1000 / _LOAD:.1f} | {rate * worker / 1000 / _LOAD:.1f} "
            f"| {rate * sent_bytes / 1e6:.2f} | {articles * text_bytes / 1e9:.0f} | {articles * page_bytes / 1e9:.0f} |"
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=400)
    parser.add_argument("--watches", type=int, default=1_000)
    parser.add_argument("--before", type=int, default=2_000)
    parser.add_argument("--peer", type=Path, help="a checkout of f6b1981 with its .venv")
    parser.add_argument("--keep", type=Path, help="where filled files of --peer stay for the next run")  # fmt: skip
    given = parser.parse_args(arguments)
    sizes = {"articles": given.articles, "watches": given.watches, "before": given.before}
    with tempfile.TemporaryDirectory(prefix="watchword-scale-") as name:
        folder = Path(name)
        if given.peer:
            compare(folder, given.keep or folder, given.peer.resolve(), **sizes)
        else:
            measure_alone(folder, **sizes)


if __name__ == "__main__":
    main()
