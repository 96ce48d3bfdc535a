"""What a person has said for a first configuration, checked as it is said: by flags or by answers to questions."""

# imported where it is used: --help must not wait for pydantic, lxml and the watch language.
# ruff: noqa: PLC0415
import re
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from crawler.text.counts import write_count
from crawler.text.web.mail_addresses import find_address_fault
from crawler.text.web.urls import article_key
from watchword.cli.source.catalogue import CatalogueFeed, find_feed, read_pick
from watchword.cli.terminal.context import check_query

Facts = dict[str, object]
# `de`, `en:defence`, `:business`: an address has a dot, and no catalogue name is so short
_PICK = re.compile(r"[a-z]{2}(?::[a-z]+)?|:[a-z]+", re.IGNORECASE)
_LOGICAL = frozenset({"AND", "OR", "NOT", "NEAR"})
# 587 asks for STARTTLS, 465 speaks TLS from the start (RFC 8314); other ports are what 587 is
_TLS_PORT = 465
_DEFAULT_PORT = 587


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """A mail server, and how to log in; ``password`` goes to a file of its own, ``password_file`` is one there already."""

    host: str
    port: int = _DEFAULT_PORT
    tls: str = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    password_file: Path | None = None


@dataclass(slots=True, kw_only=True)
class Answers:
    """What the first configuration will say.

    sources  settings of sources, by the key of their address, so that each is there once
    watches  queries by name
    to       mail addresses
    hook     the address of a webhook or an Apprise service, empty for none
    server   the mail server, None for the Maildir
    """

    sources: dict[str, Facts] = field(default_factory=dict)
    watches: dict[str, str] = field(default_factory=dict)
    to: list[str] = field(default_factory=list)
    sender: str = ""
    hook: str = field(default="", repr=False)
    server: MailServer | None = None
    timezone: str = "UTC"

    def add_sources(self, items: Sequence[Facts]) -> int:
        """Add sources whose address is not there yet, each under an unused name; return how many were new."""
        before = len(self.sources)
        for facts in items:
            key = article_key(str(facts["url"]))
            taken = {str(one["name"]) for one in self.sources.values()}
            name = _free(str(facts["name"]), taken)
            self.sources.setdefault(key, {**facts, "name": name})
        return len(self.sources) - before

    def add_watch(self, query: str) -> str:
        """Add a watch and return its name; raise UsageError with a caret under what is wrong with the query."""
        query = query.strip()
        if not query:
            raise click.UsageError('the query is empty; write what to look for, such as "drone"')
        if fault := check_query(query):
            raise click.UsageError(f"the query cannot be read:\n{fault}")
        name = _free(name_watch(query), self.watches)
        self.watches[name] = query
        return name

    def add_recipient(self, text: str) -> str:
        """Add a mail address, or set the webhook, and return it; raise UsageError if it is neither."""
        text = text.strip()
        if re.match(r"[a-z][a-z0-9+]*://", text, re.IGNORECASE):
            self.hook = text
            return text
        if fault := find_address_fault(text):
            raise click.UsageError(
                f'"{text}" {fault}; write only the address, such as "me@example.org"'
            )
        self.to.append(text)
        return text


def name_watch(query: str) -> str:
    """Return a name for a watch, made from its query: its first phrase or word."""
    words = re.findall(r'"([^"]+)"|(\w[\w-]*)', query)
    plain = (phrase or word for phrase, word in words if word.upper() not in _LOGICAL)
    return next((re.sub(r"[^\w -]+", "", word)[:40].strip() or "watch" for word in plain), "watch")


def read_sources(text: str, *, allow_private: bool = False) -> list[Facts]:
    """Return settings for what a person named; raise UsageError with what could have been meant.

    text  a file with an OPML list, a name of the catalogue, a language and a subject of it, or an address
    """
    text = text.strip()
    path = Path(text).expanduser()
    if path.suffix.lower() in {".opml", ".xml"} and "://" not in text:
        return read_opml_file(path)
    if feed := find_feed(text.lower()):
        return [feed.as_source()]
    if _PICK.fullmatch(text):
        return [feed.as_source() for feed in read_catalogue_pick(text)]
    return [_read_address(text, allow_private=allow_private)]


def read_catalogue_pick(text: str) -> tuple[CatalogueFeed, ...]:
    """Return the feeds of ``LANG[:SUBJECT]``; raise UsageError with what there is."""
    try:
        return read_pick(text)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def read_opml_file(path: Path) -> list[Facts]:
    """Return settings for the feeds of an OPML list; raise UsageError if there are none."""
    from crawler.text.source_lists.opml import read_opml
    from watchword.cli.source.source_opml import sort_out

    try:
        found = sort_out(read_opml(path.read_bytes()), {}, ())
    except OSError as error:
        raise click.UsageError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise click.UsageError(f"{path}: {error}") from error
    for line in found.left_out:
        click.echo(f"left out: {line}", err=True)
    if not found.added:
        raise click.UsageError(f"{path} has no feed that can be added")
    return found.added


def _read_address(text: str, *, allow_private: bool) -> Facts:
    from watchword.cli.source.new_source import make_name, read_address, refuse_bare_name
    from watchword.cli.source.source_opml import check_settings

    refuse_bare_name(text)
    address = read_address(text)
    facts: Facts = {"name": make_name(address["url"], ()), **address}
    if allow_private:
        facts["allow_private"] = True
    check_settings(facts)
    return facts


def read_server(text: str) -> tuple[str, int, str]:
    """Return host, port and encryption of ``HOST[:PORT]``; raise UsageError if it is none."""
    found = re.fullmatch(r"\s*(\[[0-9a-fA-F:]+\]|[\w.-]+)(?::(\d{1,5}))?\s*", text)
    port = int(found[2]) if found and found[2] else _DEFAULT_PORT
    if found is None or not 0 < port < 65536:
        raise click.UsageError(
            f'"{text}" is no mail server; write its name and port, such as "smtp.example.org:587"'
        )
    return found[1].strip("[]"), port, "tls" if port == _TLS_PORT else "starttls"


def describe_sources(items: Sequence[Facts]) -> str:
    """Return ``bbc-world``, or ``7 sources: breaking-defense, defense-news, … and 4 more``."""
    names = [str(facts["name"]) for facts in items]
    if len(names) == 1:
        return names[0]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{write_count(len(names), 'source')}: {', '.join(names[:3])}{more}"


def _free(name: str, taken: Container[str]) -> str:
    names = (name, *(f"{name}-{number}" for number in range(2, 100_000)))
    return next(one for one in names if one not in taken)
