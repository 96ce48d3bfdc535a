"""Say below a query which ready set of spellings would find more."""

import shlex
from typing import TYPE_CHECKING

from crawler.text.lines import plain
from watchword.cli.listings.tables import print_note
from watchword.cli.terminal.context import Context
from watchword.spellings.offers import list_proposals, name_spellings

if TYPE_CHECKING:
    from crawler.config.sections.watches import WatchSettings
    from crawler.matching.queries.proposals import Proposal


def print_proposals(
    context: Context, settings: "WatchSettings", *, is_stored: bool = False
) -> None:
    """Print on stderr at most three sets that come with Watchword and would add spellings to the query.

    is_stored  the watch is in the configuration, or is about to be: the command can name it
    """
    for proposal in list_proposals(settings.query, settings.synonyms, context.config):
        watch = shlex.quote(settings.name) if is_stored else "WATCH"
        print_note(_describe(proposal, watch))


def _describe(proposal: "Proposal", watch: str) -> str:
    command = f"watchword synonyms add {proposal.set_name} --watch {plain(watch)}"
    spellings = name_spellings(proposal)
    return f"{plain(proposal.word)} is also written {spellings}; `{command}` finds them too"
