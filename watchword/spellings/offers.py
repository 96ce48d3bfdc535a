"""Which sets would add spellings to a query, and how they are named to its author."""

import unicodedata
from collections.abc import Collection
from typing import TYPE_CHECKING

from watchword.spellings.bundled import list_bundled_sets

if TYPE_CHECKING:
    from crawler.config.schema import Config
    from crawler.matching.queries.proposals import Proposal

# spellings shown of a set: they are to make curious, `synonyms list` shows all
_SHOWN = 4


def list_proposals(
    query: str, used: Collection[str], config: "Config | None"
) -> tuple["Proposal", ...]:
    """Return at most three sets that would add spellings to a query that can be read.

    used  the names of the sets that its watch has already
    """
    # imported where it is used: --help must not wait for the watch language
    from crawler.matching.queries.proposals import propose_sets  # noqa: PLC0415
    from crawler.matching.queries.query import parse_query  # noqa: PLC0415

    own = {one.name: one.words for one in config.synonyms} if config else {}
    # a set of your own with the name of one of ours is the one that a watch would use
    sets = {one.name: own.get(one.name, one.words) for one in list_bundled_sets()}
    known = [own[name] for name in used if name in own]
    return propose_sets(parse_query(query), sets, used=known)


def name_spellings(proposal: "Proposal") -> str:
    """Return the first spellings that a set would add, one of each script before others, and how many more there are."""
    shown = [word.removeprefix("=") for word in _vary(proposal.others)[:_SHOWN]]
    more = len(proposal.others) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _vary(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words with the first of each script before the others."""
    first: dict[str, str] = {}
    for word in words:
        first.setdefault(_script_of(word), word)
    return tuple(dict.fromkeys((*first.values(), *words)))


def _script_of(word: str) -> str:
    first = next((sign for sign in word if sign.isalpha()), "")
    # the first word of a name such as CYRILLIC SMALL A or CJK UNIFIED IDEOGRAPH-57FA
    return unicodedata.name(first, "").split(" ")[0]
