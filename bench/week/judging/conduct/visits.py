"""The answers of a week's sites, read from the server's log for the judge of status reports. Pure functions."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from bench.week.judging.messages import TOKEN
from bench.week.servers.server import Asked
from bench.week.world.facts import Fact
from bench.week.world.sites import Site

_READ = frozenset({200, 301, 302, 304})
# guesses at feed addresses, which do not exist
_NOT_FOUND = 404


def list_answers(
    asked: Iterable[Asked], sites: Sequence[Site]
) -> Mapping[str, list[tuple[datetime, bool]]]:
    """Return for each source when its feed or list was answered, and whether with something readable."""
    names = {
        urlsplit(url).hostname: site.name for site in sites for url in (site.url, site.new_url)
    }
    # a watched page is both a source and an article
    pages = {site.name for site in sites if site.kind.form == "page"}
    answers: dict[str, list[tuple[datetime, bool]]] = {name: [] for name in names.values()}
    for one in asked:
        name = names.get(one.host)
        if name is None or one.path == "/robots.txt" or one.status == _NOT_FOUND:
            continue
        if name in pages or not TOKEN.search(one.path):
            answers[name].append((one.at, one.status in _READ))
    return answers


def list_pages(asked: Iterable[Asked]) -> list[tuple[datetime, str]]:
    """Return the moments at which articles' pages were answered."""
    return [
        (one.at, token[0])
        for one in asked
        if one.status == 200 and (token := TOKEN.search(one.path))
    ]


def count_refused(asked: Sequence[Asked], facts: Iterable[Fact]) -> int:
    """Return how many pages were not answered, or must not be requested."""
    unanswered = sum(one.status not in _READ and bool(TOKEN.search(one.path)) for one in asked)
    return unanswered + sum(bool(fact.is_closed) for fact in facts)
