"""The settings of a source to add, from what a person typed: an address, or the name of a feed of the catalogue."""

# imported where it is used: --help must not wait for tomlkit and pydantic.
# ruff: noqa: PLC0415
import re
from collections.abc import Container
from difflib import get_close_matches
from urllib.parse import urlsplit

import click

from crawler.text.web.urls import article_key, registrable_domain
from watchword.cli.source.catalogue import find_feed, read_catalogue
from watchword.cli.source.source_opml import LOGIN_TAKEN
from watchword.cli.terminal.context import Context


def read_address(text: str) -> dict[str, str]:
    """Return settings with the address a person typed and the login in it; raise UsageError if it is no address."""
    from crawler.text.source_lists.pasted import read_pasted
    from crawler.text.web.logins import hide_login, split_login

    address = read_pasted(text)
    if address is None:
        raise click.UsageError(
            f'"{hide_login(text)}" is not a web address; write it in full, such as "https://example.org/"'
        )
    url, username, password = split_login(address)
    login = {"username": username, "password": password}
    if username or password:
        click.echo(LOGIN_TAKEN, err=True)
    return {"url": url} | {key: value for key, value in login.items() if value}


def refuse_bare_name(text: str) -> None:
    """Raise UsageError for a word that can be no address, with the names of the catalogue that are like it."""
    if "." in text or ":" in text:
        return
    close = get_close_matches(text.lower(), [feed.name for feed in read_catalogue()], n=3)
    hint = (
        f"did you mean {' or '.join(close)}?"
        if close
        else "`watchword source catalogue` lists the names"
    )
    raise click.UsageError(f'"{text}" is neither an address nor in the catalogue; {hint}')


def make_facts(
    context: Context, text: str, name: str | None, options: dict[str, object]
) -> dict[str, object]:
    """Return the settings of a source to add: of an address, or of a feed of the catalogue by its name."""
    feed = find_feed(text)
    if feed is None:
        refuse_bare_name(text)
        address = read_address(text)
        _refuse_known(context, address["url"])
        return _facts(context, address, name, options)
    _refuse_known(context, feed.url)
    if feed.note:
        click.echo(f"{feed.publisher}: {feed.note}.", err=True)
    kept = {key: value for key, value in options.items() if key != "kind"}
    stated = _facts(context, {"url": feed.url}, name or feed.name, kept)
    return {**feed.as_source(), **stated}


def _facts(
    context: Context, address: dict[str, str], name: str | None, options: dict[str, object]
) -> dict[str, object]:
    """Return the settings to write to the configuration, without those that have their default value."""
    facts: dict[str, object] = {"name": name or _make_free_name(context, address["url"]), **address}
    for key in ("kind", "tags", "every", "backfill", "allow_private"):
        value = options.get(key)
        if value and value != "auto":
            facts[key] = list(value) if isinstance(value, tuple) else value
    if options.get("ignore_robots"):
        facts["robots"] = "ignore"
    if context.config.source_named(str(facts["name"])):
        raise click.UsageError(
            f'there is already a source called "{facts["name"]}"; choose another --name'
        )
    return facts


def make_name(url: str, taken: Container[str]) -> str:
    """Return an unused name made from an address: ``example``, or ``example-2``, for www.example.co.uk."""
    domain = registrable_domain(url)
    stem = domain if re.fullmatch(r"[\d.:a-f]+", domain) else domain.partition(".")[0]
    stem = stem or (urlsplit(url).hostname or "source")
    names = [stem, *(f"{stem}-{number}" for number in range(2, 10_000))]
    return next(name for name in names if name not in taken)


def _make_free_name(context: Context, url: str) -> str:
    return make_name(url, {source.name for source in context.config.sources})


def _refuse_known(context: Context, url: str) -> None:
    for known in context.config.sources:
        if article_key(known.url) == article_key(url):
            raise click.UsageError(f'{url} is already a source: "{known.name}"')
