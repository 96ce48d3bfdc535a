"""Pages that were refused or given up: rightly, where nobody can read them, and wrongly everywhere else."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.week.causes import Ask
from bench.week.facts import Fact
from bench.week.messages import TOKEN

# where a page is refused and the feed has the text, there is an article all the same
_ENDED = (
    "SELECT url || ' ' || coalesce(guid, ''), state, coalesce(reason, '') FROM entries "
    "WHERE state IN ('refused', 'failed') AND article_id IS NULL"
)


@dataclass(slots=True, kw_only=True)
class Refusals:
    """How many refusals were right, and each that was wrong."""

    right: int = 0
    wrong: list[str] = field(default_factory=list)


def judge_refusals(ask: Ask, facts: Mapping[str, Fact]) -> Refusals:
    """Hold what the database has as refused or failed against what can be read."""
    found = Refusals()
    for where, state, reason in ask(_ENDED):
        token = TOKEN.search(str(where))
        fact = facts.get(token[0]) if token else None
        if fact is not None and (fact.is_closed or fact.uncertain or fact.gone_at):
            found.right += 1
        else:
            found.wrong.append(f"{str(where).split()[0]} {state}: {reason}")
    return found
