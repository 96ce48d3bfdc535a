"""Carries out requests that change tables of the crawl process: in that process, or under the instance lock.

This process writes the change and the daemon the answer, so a request may arrive twice. Repeating it changes nothing: a
split that was already made is found, a line gets the same ruling, a page is understood as the same article.
"""

import sqlite3
from datetime import datetime
from typing import Any

from crawler.config.schema import Config
from crawler.errors import RequestRefused
from crawler.extract.body.blocks import make_key
from crawler.flows.crawl_services import CrawlServices
from crawler.flows.mail.requests import (
    apply_request,
    explain_refusal,
    is_of_storage,
    settle_request,
)
from crawler.flows.news.reprocess import reprocess_pages
from crawler.model.request import CRAWL_KINDS, Request, RequestKind
from crawler.storage.crawl.handing_out.bundles import (
    find_drained_at,
    list_isolated_domains,
    release_domains,
    set_drained_at,
)
from crawler.storage.crawl.sources import find_source_row
from crawler.storage.file.database import to_instant, transaction
from crawler.storage.news.boilerplate import Ruling, list_hosts, rule_line
from crawler.storage.news.stories import find_split, split_story
from crawler.storage.news.story_reading import find_story, list_members
from crawler.storage.process.requests import list_open_requests
from crawler.text.counts import write_count

Arguments = dict[str, Any]
# of domains in a sentence
_MOST_NAMED = 10
_RULED = {
    None: "your ruling is withdrawn",
    Ruling.CUT: "cut from now on",
    Ruling.KEEP: "kept from now on",
}


async def answer_request(services: CrawlServices, request: Request) -> str:
    """Carry out a request from the daemon and return a sentence for the person who asked; safe to repeat.

    raises  RequestRefused with the reason, also for a fault of ours, which must end neither visits nor the process.
            RetryLater and errors of storage: there is no answer, and the request may come again
    """
    try:
        if request.kind == RequestKind.REPROCESS:
            return await reprocess(services, request)
        return await services.writer.run(_apply_alone, request, now=services.clock())
    except Exception as error:
        if isinstance(error, RequestRefused) or is_of_storage(error):
            raise
        raise RequestRefused(explain_refusal(error)) from error


async def reprocess(services: CrawlServices, request: Request) -> str:
    """Understand kept pages again while visits go on, correct what is stored, and return a sentence with the counts."""
    since = to_instant(request.arguments["since"])
    pages = reprocess_pages(
        services.writer, services.pool, services.rules.config, since=since, is_applied=True
    )
    were_changed = [bool(done.changes) async for done in pages]
    articles = write_count(sum(were_changed), "article was", "articles were")
    return f"{write_count(len(were_changed), 'page')} read again: {articles} corrected."


def _apply_alone(connection: sqlite3.Connection, request: Request, *, now: datetime) -> str:
    with transaction(connection):
        return apply_crawl_request(connection, request, now=now)


def apply_crawl_request(connection: sqlite3.Connection, request: Request, *, now: datetime) -> str:
    """Split a story, rule on a line, release domains or drain the cluster, and return a sentence for the person who asked. Call inside a transaction.

    raises  RequestRefused with the reason
    """
    if request.kind == RequestKind.SPLIT:
        return _split(connection, request.arguments, now)
    if request.kind == RequestKind.LINE_RULE:
        return _rule_line(connection, request.arguments, now)
    if request.kind == RequestKind.CLUSTER_RETRY:
        return _release(connection, request.arguments)
    if request.kind == RequestKind.CLUSTER_DRAIN:
        return _drain(connection, request.arguments, now)
    raise RequestRefused(f'the crawl process does not know requests of the kind "{request.kind}"')


def settle_all_open_requests(
    connection: sqlite3.Connection, config: Config, *, now: datetime
) -> int:
    """Do all open requests in order, except long ones; return how many there were. For the holder of the instance lock.

    Requests to understand pages again wait for a daemon: they take long, and it does not matter when they are done.
    """

    def apply(db: sqlite3.Connection, request: Request) -> str:
        if request.kind in CRAWL_KINDS:
            return apply_crawl_request(db, request, now=now)
        return apply_request(db, request, config, now=now)

    waiting = [one for one in list_open_requests(connection) if one.kind != RequestKind.REPROCESS]
    for request in waiting:
        settle_request(connection, request, apply, now=now)
    return len(waiting)


def _split(connection: sqlite3.Connection, asked: Arguments, now: datetime) -> str:
    moving = sorted(set(asked["articles"]))
    row = find_story(connection, asked["story"])
    if row is None:
        raise RequestRefused(f"there is no story {asked['story']}")
    members = {member["id"] for member in list_members(connection, row["id"])}
    strangers = sorted(set(moving) - members)
    new_id = find_split(connection, row["id"], moving)
    if new_id is None:
        if strangers:
            raise RequestRefused(f"article {strangers[0]} is not in story {row['id']}")
        if members == set(moving):
            raise RequestRefused("these are all of its articles: at least one must stay")
        new_id = split_story(connection, row["id"], moving, now=now)
    keeps = len(members - set(moving))
    return f"Story {new_id} now has {len(moving)} of the articles; story {row['id']} keeps {keeps}."


def _rule_line(connection: sqlite3.Connection, asked: Arguments, now: datetime) -> str:
    ruling = None if asked["ruling"] is None else Ruling(asked["ruling"])
    row = find_source_row(connection, asked["source"])
    hosts = () if row is None else list_hosts(connection, row["id"])
    if not hosts:
        raise RequestRefused(
            "nothing has been read from this source yet, so its hosts are not known"
        )
    line = asked["line"]
    for host in hosts:
        rule_line(connection, host, key=make_key(line), line=line, ruling=ruling, now=now)
    return f'"{line}" on {", ".join(hosts)}: {_RULED[ruling]}.'


def _release(connection: sqlite3.Connection, asked: Arguments) -> str:
    isolated = [one.domain for one in list_isolated_domains(connection)]
    wanted: list[str] = isolated if asked["domains"] is None else asked["domains"]
    unknown = [domain for domain in wanted if domain not in isolated]
    if unknown:
        others = f"; there are {', '.join(isolated[:_MOST_NAMED])}" if isolated else ""
        raise RequestRefused(f"{unknown[0]} is no isolated domain{others}")
    if not wanted:
        raise RequestRefused("no domain is isolated")
    release_domains(connection, wanted)
    count = write_count(len(wanted), "domain is", "domains are")
    return f"{count} handed out again: {', '.join(wanted[:_MOST_NAMED])}{', ...' if len(wanted) > _MOST_NAMED else ''}."


def _drain(connection: sqlite3.Connection, asked: Arguments, now: datetime) -> str:
    if not asked["is_on"]:
        set_drained_at(connection, None)
        return "Work is handed out to workers again."
    # a drain that is asked for twice began with the first
    set_drained_at(connection, find_drained_at(connection) or now)
    return "Nothing more is handed out to workers; they finish what they have."
