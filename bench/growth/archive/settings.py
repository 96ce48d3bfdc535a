"""The configuration of an archive: 200 feeds on loopback, and a thousand watches of words that its articles say."""

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.matching.watches import WatchMaker

# the sources named in the addresses of a kept database must answer when its daemon is started again
PORT = 18_765
SOURCES = 200
WATCHES = 1_000
# a day's articles of about 200 sources; a million are three months, the time that `watch test` looks back
ARTICLES_A_DAY = 11_000
# articles that are written one by one; a larger archive is made of these, again and again
BASE = 20_000
# of the words in ranks 60 to 400, every ninth is watched: six to ten matches an article (as in bench.endtoend)
_RANKS = slice(60, 400, 9)


@dataclass(frozen=True, slots=True)
class Archive:
    """The files of an archive of ``count`` articles."""

    folder: Path
    count: int

    @property
    def config(self) -> Path:
        return self.folder / "watchword.toml"

    @property
    def database(self) -> Path:
        return self.folder / "watchword.db"

    @property
    def kept_keys(self) -> Path:
        """The keys of each text once more, from which a larger archive is made."""
        return self.folder / "keys.db"

    @property
    def is_filled(self) -> bool:
        """Whether the filling was finished."""
        return (self.folder / "filled").exists()


def source_of(number: int) -> tuple[str, str]:
    """Return the source of an article, and the host of its address: four articles a visit."""
    source = random.Random(number // 4).randrange(SOURCES)
    return f"s{source}", f"n{source}.example.org"


def write_watches(queries: Sequence[str]) -> str:
    """Return a watch for each query, as TOML."""
    return "".join(
        f"[[watch]]\nname = \"w{number}\"\nquery = '''{query}'''\nto = [\"me@example.org\"]\n"
        for number, query in enumerate(queries)
    )


def write_config(
    folder: Path, *, sources: int = SOURCES, queries: Sequence[str] = (), port: int = PORT
) -> Path:
    """Write a configuration, and return its file."""
    head = f'[store]\npath = "{folder}/watchword.db"\n[fetch]\nper_domain = {{ concurrency = 4, delay = "0s" }}\n'
    feeds = "".join(
        f'[[source]]\nname = "s{n}"\nurl = "http://127.2.{n // 250}.{n % 250 + 1}:{port}/feed/{n}"\n'
        f'kind = "feed"\nallow_private = true\ntags = ["t{n % 50}"]\n'
        for n in range(sources)
    )
    file = folder / "watchword.toml"
    file.write_text(head + feeds + write_watches(queries), encoding="utf-8")
    return file


def choose_queries(bodies: Sequence[str], count: int) -> tuple[str, ...]:
    """Return watches, the same in each run: of rare words, and up to 38 of words that many articles say."""
    said = Counter(word for body in bodies for word in set(re.findall(r"[^\W\d_]{5,}", body)))
    common = [word for word, _ in said.most_common(_RANKS.stop)][_RANKS][: max(count // 10, 1)]
    rare = [query for query, _ in WatchMaker(bodies).make_queries(count - len(common))]
    return (*rare, *common)


def invent_queries(bodies: Sequence[str], count: int) -> tuple[str, ...]:
    """Return watches of which the first thousand are the usual ones, and all others are of names that no article says.

    So an article meets as many with 100,000 watches as with 1,000, and what grows is only finding them.
    """
    usual = choose_queries(bodies, min(count, WATCHES))
    return (*usual, *(f"Zq{number:x}wk" for number in range(count - len(usual))))


def make_archive(keep: Path, count: int) -> Archive:
    """Return the place of an archive."""
    folder = keep / f"articles-{count}"
    folder.mkdir(parents=True, exist_ok=True)
    return Archive(folder, count)
