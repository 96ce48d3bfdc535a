"""The command ``watchword watch test``: how much a query would have found in the stored articles."""

# imported where it is used: --help must not wait for the watch language and the key index.
# ruff: noqa: PLC0415
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import click
from rich.text import Text

from crawler.clock import utc_now
from crawler.text.counts import write_number
from crawler.text.lines import plain
from watchword.cli.listings.machine import Json, json_option
from watchword.cli.listings.tables import make_console
from watchword.cli.synonyms.propose import print_proposals
from watchword.cli.terminal.bar import progress
from watchword.cli.terminal.context import Context, pass_context
from watchword.cli.terminal.moments import SINCE, SINCE_HELP, Since
from watchword.cli.terminal.names import WATCH_NAME
from watchword.cli.watch.watch_past import state_facts, survey_watch
from watchword.cli.watch.watch_report import (
    SAMPLES,
    ClauseEffect,
    make_report,
    print_matches,
    print_report,
)
from watchword.cli.watch.watch_settings import (
    compile_settings,
    filter_options,
    get_known,
    print_advice,
    read_settings,
    stated,
)

if TYPE_CHECKING:
    from crawler.config.sections.watches import WatchSettings
    from crawler.flows.watch.history import PastMatch
    from watchword.cli.terminal.bar import Bar

# texts, the newest, that are read to measure what each clause does: analysing one takes 1 ms (docs/internals/benchmarks.md), and a
# person waits at the prompt; with --exact they asked for it
_WEIGHED, _WEIGHED_EXACTLY = 300, 3000


# what --json prints
_FIELDS = (
    "query articles matched stories is_exact between texts mails_a_week weeks sources clauses "
    "samples"
)


@click.command()
@click.argument("query", required=False)
@click.option(
    "--watch",
    "name",
    type=WATCH_NAME,
    help="Test this watch of the configuration; with QUERY, test it with that query.",
)
@click.option("--since", type=SINCE, default="90d", show_default=True, metavar="TIME", help=SINCE_HELP)  # fmt: skip
@click.option(
    "--exact", "is_exact", is_flag=True, help="Read every text that could match, however many."
)
@filter_options
@json_option(_FIELDS)
@pass_context
def test(
    context: Context,
    /,
    query: str | None,
    *,
    name: str | None,
    since: Since,
    is_exact: bool,
    as_json: Json | None,
    **options: object,
) -> None:
    """Show what a query would have found in the stored articles.

    The newest stories are printed as they are found. The report then counts articles, stories and mails a week, by week
    and by source, and shows what each clause does. No watch is added and nobody is alerted. Stored articles are matched
    exactly like new ones.

    If many texts have the words of the query (1,500, or 20,000 where having them is enough to match), the counts are
    estimates from a thousand of them or more. The report says between which bounds they lie; --exact reads all.

    \b
    Examples:
      watchword watch test '(drone OR UAV) -racing'
      watchword watch test --watch drones --since 30d
      watchword watch test 'title:drone NEAR/5 port' --source world --json
    """
    settings = _read(context, query, name, options)
    compile_settings(context, settings)  # first: advice needs a query that can be read
    if as_json is None:
        print_advice(settings.query)
        print_proposals(context, settings, is_stored=name is not None)
        make_console().print(Text(plain(settings.query), style="bold"))
    samples: list[PastMatch] = []

    def show(match: "PastMatch", bar: "Bar") -> None:
        samples.append(match)
        if as_json is None:
            with bar.put_away():
                print_matches(make_console(), [match], context.zone)

    survey = survey_watch(context, settings, since=since.length, on_match=show, most=SAMPLES, is_exact=is_exact)  # fmt: skip
    weighed = _WEIGHED_EXACTLY if is_exact else _WEIGHED
    effects, is_whole = _measure_clauses(
        context, settings, since=since.length, most=weighed, at_least=survey.text_count
    )
    report = make_report(
        survey, effects, tuple(samples), since=utc_now() - since.length, zone=context.zone
    )
    if as_json is not None:
        facts = {"query": settings.query, **report.as_json()}
        as_json.print(facts)
        return
    note = "" if is_whole else f"in the newest {write_number(weighed)} texts that could match"
    print_report(make_console(), report, since=since.phrase, clause_note=note)


def _read(
    context: Context, query: str | None, name: str | None, options: dict[str, object]
) -> "WatchSettings":
    if query is None and name is None:
        raise click.UsageError("write a query to test, or --watch NAME")
    facts = state_facts(get_known(context, name)) if name else {"name": "test"}
    return read_settings(
        {**facts, **({"query": query} if query is not None else {}), **stated(options)}
    )


def _measure_clauses(
    context: Context, settings: "WatchSettings", *, since: timedelta, most: int, at_least: int
) -> tuple[tuple[ClauseEffect, ...], bool]:
    """Return how many stories each clause adds or removes, and whether every text that could match was read."""
    from crawler.flows.watch.history import count_stories
    from crawler.matching.queries.variants import list_variants, list_widenings

    compiled = compile_settings(context, settings)
    variants, wider = list_variants(compiled.query), list_widenings(compiled.query)
    queries = (compiled.query, *(variant.query for variant in variants + wider))
    if len(queries) == 1:
        return (), True
    with (
        closing(context.open_database()) as connection,
        progress("Measuring clauses") as on_progress,
    ):
        counts, is_whole = count_stories(
            connection,
            [replace(compiled, query=query) for query in queries],
            context.config,
            since=utc_now() - since,
            most=most,
            at_least=at_least,
            on_progress=on_progress,
        )
    rest = counts[1 : 1 + len(variants)]
    effects = [
        ClauseEffect(clause=str(variant.clause), count=counts[0] - count)
        for variant, count in zip(variants, rest, strict=True)
    ]
    effects += [
        ClauseEffect(clause=str(variant.clause), count=count - counts[0], is_offer=True)
        for variant, count in zip(wider, counts[1 + len(variants) :], strict=True)
        if count > counts[0]
    ]
    return tuple(effects), is_whole
