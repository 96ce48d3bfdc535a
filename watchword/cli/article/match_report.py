"""The output of ``watchword article explain ID --watch NAME``: why a watch matched an article, or did not."""

# imported where it is used: --help must not wait for the watch language.
# ruff: noqa: PLC0415
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.text import Text

from crawler.storage.news.article_reading import find_article_details
from crawler.text.lines import plain
from watchword.cli.listings.machine import Json
from watchword.cli.listings.tables import make_console, print_line
from watchword.cli.terminal.context import Context
from watchword.cli.unknown import refuse_number
from watchword.cli.watch.watch_settings import compile_settings, get_known

if TYPE_CHECKING:
    from crawler.matching.explain import Line


def explain_match(
    context: Context, id_or_url: str, watch_name: str, *, as_json: Json | None
) -> None:
    """Print for each clause of a watch's query whether the article's present text fulfils it.

    raises  SystemExit 1 if the watch does not match; NotFound if there is no such article
    """
    from crawler.flows.news.announced_again import list_source_names
    from crawler.flows.watch.key_index import analyze_announced
    from crawler.matching.explain import explain_watch
    from crawler.storage.watch.keys import find_current_text

    compiled = compile_settings(context, get_known(context, watch_name))
    with closing(context.open_database()) as connection:
        details = find_article_details(connection, id_or_url)
        row = find_current_text(connection, details[0]["id"]) if details else None
        names = list_source_names(connection, details[0]["id"] if details else None)
    if details is None or row is None:
        raise refuse_number("article", id_or_url)
    scopes = frozenset[str]().union(*map(context.config.scopes_of, (row["source"], *names)))
    lines = explain_watch(compiled, analyze_announced(row, names), scopes)
    holds = all(line.holds for line in lines if line.depth == 0)
    if as_json is not None:
        facts = {"watch": watch_name, "holds": holds, "clauses": list(map(asdict, lines))}
        as_json.print(facts)
    else:
        alerted = any(match["watch"] == watch_name for match in details[2])
        _print(row["headline"], lines, watch_name, holds=holds, was_met=alerted)
    if not holds:
        raise SystemExit(1)


def _print(
    headline: str, lines: Sequence["Line"], watch_name: str, *, holds: bool, was_met: bool
) -> None:
    console = make_console()
    console.print(Text(plain(headline), style="bold"))
    verdict = "matches" if holds else "does not match"
    console.print(f"{plain(watch_name)} {verdict} its current text.", markup=False)
    if holds != was_met:
        past = "It matched" if was_met else "It did not match"
        console.print(
            f"{past} when the article was read: the text or the watch was different then.",
            markup=False,
        )
    for line in lines:
        sign, style = ("yes", "green") if line.holds else ("no ", "red")
        text = Text(f"  {sign} ", style=style)
        text.append(f"{'  ' * line.depth}{plain(line.text)}", "default")
        if line.where:
            text.append(f"   {plain(line.where)}", "dim")
        print_line(console, text, indent=6)
