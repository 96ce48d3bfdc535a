"""The questions of ``watchword init``, for a person at a terminal; every one has a default."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import click

from crawler.text.counts import write_count
from watchword.cli.setup.answers import (
    Answers,
    Facts,
    MailServer,
    describe_sources,
    read_server,
    read_sources,
)
from watchword.cli.source.catalogue import find_feed, list_languages, list_subjects, pick_feeds

_Found = TypeVar("_Found")
DEFAULT_SOURCE = "un-news"
DEFAULT_QUERY = '(drone OR UAV OR "Shahed 136") -racing'
# as many as one looks through; a whole language may have a hundred
_MANY = 25
_SOURCE_HELP = """\
   a language, or a language and a subject of the catalogue:  de   en:defence
   a name of the catalogue:                                   bbc-world
   the address of a home page or feed:                        www.example.org
   a file with an OPML list from your feed reader:            feeds.opml
   ? shows what the catalogue has"""
_WATCH_HELP = """\
   A word finds its inflections: drone finds drones. OR wants one of its words,
   a blank wants all, - excludes, quotes want exactly these words in a row."""
_RECIPIENT_HELP = """\
   A mail address; or the address of a webhook or of an Apprise service
   (https://, slack://, tgram://); or nothing, to keep the mails in a folder."""


def ask_all(answers: Answers) -> None:
    """Ask for what the flags have not said."""
    click.echo("Enter takes what is in brackets. Ctrl-C leaves, and nothing is written.")
    if not answers.sources:
        _ask_sources(answers)
    if not answers.watches:
        _ask_watches(answers)
    if not answers.to and not answers.hook:
        _ask_recipient(answers)
    if answers.to and answers.server is None:
        _ask_server(answers)


def _ask_sources(answers: Answers) -> None:
    click.echo(f"\n{_bold('Which sources?')} One a line:\n{_SOURCE_HELP}")
    while True:
        text = (
            _prompt("Another source", "no more")
            if answers.sources
            else _prompt("Source", DEFAULT_SOURCE)
        )
        if answers.sources and text == "no more":
            return
        if text.startswith("?"):
            _show_catalogue()
        elif found := _try(read_sources, text):
            _take_sources(answers, found)


def _take_sources(answers: Answers, found: Sequence[Facts]) -> None:
    if len(found) > _MANY and not click.confirm(
        f"   These are {write_count(len(found), 'source')}. Take all of them?", default=False
    ):
        return
    if answers.add_sources(found):
        click.echo(f"   {describe_sources(found)}")
    else:
        click.echo("   You have that already.")
    for facts in found:
        feed = find_feed(str(facts["name"]))
        if feed is not None and feed.note:
            click.echo(f"   {feed.name}: {feed.note}")


def _show_catalogue() -> None:
    languages = (f"{one} {len(pick_feeds([one]))}" for one in list_languages())
    subjects = (f"{one} {len(pick_feeds([], [one]))}" for one in list_subjects())
    for line in (f"Languages: {', '.join(languages)}", f"Subjects: {', '.join(subjects)}"):
        click.echo(click.wrap_text(line, width=78, initial_indent="   ", subsequent_indent="   "))
    click.echo("   `watchword source catalogue` lists the names.")


def _ask_watches(answers: Answers) -> None:
    click.echo(f"\n{_bold('Which words?')}\n{_WATCH_HELP}")
    while True:
        text = (
            _prompt("Another query", "no more")
            if answers.watches
            else _prompt("Query", DEFAULT_QUERY)
        )
        if answers.watches and text == "no more":
            return
        if name := _try(answers.add_watch, text):
            click.echo(f'   This watch is called "{name}".')


def _ask_recipient(answers: Answers) -> None:
    click.echo(f"\n{_bold('Where to?')}\n{_RECIPIENT_HELP}")
    while True:
        text = _prompt("Send alerts to", "a folder")
        if text == "a folder":
            return
        if _try(answers.add_recipient, text):
            return


def _ask_server(answers: Answers) -> None:
    click.echo("\n   The server that sends your mail, such as smtp.example.org:587.")
    while True:
        text = _prompt("Mail server", "none: keep the mails in a folder")
        if text.startswith("none"):
            return
        if found := _try(read_server, text):
            break
    host, port, tls = found
    choice = click.Choice(["starttls", "tls", "none"])
    tls = click.prompt("   Encryption", default=tls, type=choice)
    server = MailServer(host=host, port=port, tls=tls)
    username = _prompt("Login name", "no login")
    if username != "no login":
        password = click.prompt(
            "   Password (is not shown)", hide_input=True, default="", show_default=False
        )
        server = replace(server, username=username, password=password)
    answers.server = server
    answers.sender = answers.sender or _prompt("Sender", answers.to[0])


def _try(read: Callable[[str], _Found], answer: str) -> _Found | None:
    """Return what an answer says; print what is wrong with it and return None, so that it is asked again."""
    try:
        return read(answer)
    except click.UsageError as error:
        # a caret stands below its place in the query, so lines that are there are kept
        text = error.message if "\n" in error.message else click.wrap_text(error.message, width=76)
        click.secho(f"   {text}".replace("\n", "\n   "), fg="red", err=True)
        return None


def _prompt(question: str, default: str) -> str:
    text: str = click.prompt(f"   {question}", default=default)
    return text.strip()


def _bold(text: str) -> str:
    return click.style(text, bold=True)
