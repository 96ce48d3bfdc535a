"""The watches of the comparison: mostly of rare words, and some of words that many articles say."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.matching.watches import WatchMaker

# words in ranks 60 to 400 by the number of articles that say them, every ninth: six to ten matches an article
_RANKS = slice(60, 400, 9)
# with fewer watches than this, all are of rare words but one in ten
_MANY = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is watched: queries of the watch language, and the words a script searches for."""

    queries: tuple[str, ...]
    words: tuple[str, ...]

    def write_config(self, feeds: Sequence[str], folder: Path, mail_port: int) -> str:
        """Return the configuration of a Watchword that visits these feeds as fast as it can."""
        head = (
            f'[store]\npath = "{folder}/watchword.db"\n[mail]\nhost = "127.0.0.1"\nport = {mail_port}\ntls = "none"\n'
            'from = "watchword@example.org"\n[fetch]\nper_domain = { concurrency = 8, delay = "0s" }\n'
        )
        sources = "".join(
            f'[[source]]\nname = "s{number}"\nurl = "{feed}"\nkind = "feed"\nbackfill = "3650d"\nallow_private = true\n'
            for number, feed in enumerate(feeds)
        )
        watches = "".join(
            f"[[watch]]\nname = \"w{number}\"\nquery = '''{query}'''\nto = [\"me@example.org\"]\n"
            for number, query in enumerate(self.queries)
        )
        return head + sources + watches


def choose_words(bodies: Sequence[str], count: int) -> Wanted:
    """Return this many watches, the same in each run."""
    said = Counter(word for body in bodies for word in set(re.findall(r"[^\W\d_]{5,}", body)))
    common = [word for word, _ in said.most_common(_RANKS.stop)][_RANKS]
    common = common if count >= _MANY else common[: count // 10]
    rare = [query for query, _ in WatchMaker(bodies).make_queries(count - len(common))]
    words = {found for query in rare for found in re.findall(r"[^\W\d_]{4,}", query)}
    return Wanted((*rare, *common), (*sorted(words), *common))
