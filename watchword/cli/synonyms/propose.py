"""Say below a query which ready set of spellings would find more."""

# imported where it is used: --help must not wait for the watch language.
# ruff: noqa: PLC0415
import shlex
import unicodedata
from typing import TYPE_CHECKING

from crawler.text.lines import plain
from watchword.cli.listings.tables import print_note
from watchword.cli.synonyms.bundled import list_bundled_sets
from watchword.cli.terminal.context import Context

if TYPE_CHECKING:
    from crawler.config.sections.watches import WatchSettings
    from crawler.matching.queries.proposals import Proposal

# spellings shown of a set: they are to make curious, `synonyms list` shows all
_SHOWN = 4


def print_proposals(
    context: Context, settings: "WatchSettings", *, is_stored: bool = False
) -> None:
    """Print on stderr at most three sets that come with Watchword and would add spellings to the query.

    is_stored  the watch is in the configuration, or is about to be: the command can name it
    """
    from crawler.matching.queries.proposals import propose_sets
    from crawler.matching.queries.query import parse_query

    own = {one.name: one.words for one in context.config.synonyms}
    used = [own[name] for name in settings.synonyms if name in own]
    # a set of your own with the name of one of ours is the one that the command would use
    sets = {one.name: own.get(one.name, one.words) for one in list_bundled_sets()}
    for proposal in propose_sets(parse_query(settings.query), sets, used=used):
        watch = shlex.quote(settings.name) if is_stored else "WATCH"
        print_note(_describe(proposal, watch))


def _describe(proposal: "Proposal", watch: str) -> str:
    shown = [word.removeprefix("=") for word in _vary(proposal.others)[:_SHOWN]]
    more = len(proposal.others) - len(shown)
    spellings = ", ".join(shown) + (f" and {more} more" if more else "")
    command = f"watchword synonyms add {proposal.set_name} --watch {plain(watch)}"
    return f"{plain(proposal.word)} is also written {spellings}; `{command}` finds them too"


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
