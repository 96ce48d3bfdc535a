"""The judge of refused and given up pages: right if nobody can read them, wrong otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.week.judging.causes import Ask
from bench.week.judging.messages import TOKEN
from bench.week.world.facts import Fact

# quirks with which a refused page still becomes an article, because the feed has the text
_ENDED = (
    "SELECT url || ' ' || coalesce(guid, ''), state, coalesce(reason, '') FROM entries "
    "WHERE state IN ('refused', 'failed') AND article_id IS NULL"
)


@dataclass(slots=True, kw_only=True)
class Refusals:
    """The number of right refusals, and each wrong one."""

    right: int = 0
    wrong: list[str] = field(default_factory=list)


def judge_refusals(ask: Ask, facts: Mapping[str, Fact]) -> Refusals:
    """Return the verdict on the refused and failed entries of the database."""
    found = Refusals()
    for where, state, reason in ask(_ENDED):
        token = TOKEN.search(str(where))
        fact = facts.get(token[0]) if token else None
        if fact is not None and (fact.is_closed or fact.uncertain or fact.gone_at):
            found.right += 1
        else:
            found.wrong.append(f"{str(where).split()[0]} {state}: {reason}")
    return found
