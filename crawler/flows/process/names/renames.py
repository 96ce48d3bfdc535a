"""A watch or source that only changed its name keeps its row, and so its mutes, threads and history.

A corrected name ended mutes and sent alerts again (lwindolf/liferea#943), and a renamed source had its first visit
again (lemon24/reader#149). A source is known by its address and kind, a watch by everything but its name. This runs before
anything else of a configuration is written, so that a rename makes no row and sets none inactive.
"""

import json
import logging
import shlex
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from crawler.config.schema import Config
from crawler.flows.process.names.rename_decisions import (
    Doubt,
    Known,
    Pairing,
    follow_renames,
    list_exchanged,
    pair_names,
)
from crawler.log import log_event
from crawler.storage.file.database import transaction
from crawler.storage.process.renames import (
    list_source_names,
    list_watch_names,
    overwrite_settings,
    rename_rows,
)
from crawler.storage.watch.watches import write_settings
from crawler.text.source_lists.source_names import rename_in_query
from crawler.text.web.urls import article_key

if TYPE_CHECKING:
    from crawler.config.sections.watches import WatchSettings

_log = logging.getLogger("watchword.configure")
Names = Mapping[str, str]


def take_over_names(
    connection: sqlite3.Connection,
    config: Config,
    *,
    before: Config | None = None,
    touched: Collection[str] | None = None,
) -> None:
    """Write new names into the rows of renamed watches and sources, in one transaction, and log what is uncertain.

    before   the configuration in force until now, if it is known: recipients are stored nowhere else
    touched  names of the sources that were added, removed or changed since the last call; None if that is not known
    """
    with transaction(connection):
        # sources first: watches name them, and are compared as if these names had changed already
        sources = _pair_sources(connection, config, touched)
        was = _read_names(list_source_names(connection, touched), sources)
        if sources.names:
            rename_rows(connection, "sources", sources.names)
        watches, unchanged = _pair_watches(connection, config, before, was)
        was_watches = _read_names(list_watch_names(connection), watches)
        if watches.names:
            rename_rows(connection, "watches", watches.names)
        overwrite_settings(connection, unchanged)
    _log_pairing("source", was, sources)
    _log_pairing("watch", was_watches, watches)


def _read_names(rows: Iterable[sqlite3.Row], pairing: Pairing) -> dict[str, str]:
    """Return the new names by old name."""
    return {row["name"]: pairing.names[row["id"]] for row in rows if row["id"] in pairing.names}


def _log_pairing(kind: str, names: Names, pairing: Pairing) -> None:
    for old, new in names.items():
        log_event(_log, logging.INFO, f"{kind} renamed", old=old, new=new)
    for doubt in pairing.doubts:
        command = f"watchword {kind} rename {shlex.quote(doubt.old)} {shlex.quote(doubt.new)}"
        log_event(
            _log, logging.WARNING, f"a {kind} was removed and another added; if they are the same, rename it",
            old=doubt.old, new=doubt.new, command=command,
        )  # fmt: skip
    for doubt in pairing.exchanged:
        log_event(
            _log, logging.WARNING, f"a {kind} now has the settings of another; each name keeps its history",
            was=doubt.old, now=doubt.new,
            next=f"if the names were swapped, swap them back and use `watchword {kind} rename` with a third name",
        )  # fmt: skip


def _pair_sources(
    connection: sqlite3.Connection, config: Config, touched: Collection[str] | None
) -> Pairing:
    """Return sources with another name but the same address: exactly, then apart from https, www or a slash.

    A source that left earlier, or was paused under its old name, counts too if the new name has no row.
    """
    rows = {row["name"]: row for row in list_source_names(connection, touched)}
    wanted = {source.name: source for source in config.sources}
    renames = _read_renames(rows, frozenset(wanted))
    names = {rows[old]["id"]: new for old, new in renames.items()}
    gone = [row for name, row in rows.items() if name not in wanted]
    left = [row for row in gone if row["is_active"]]
    came = [
        source
        for name, source in wanted.items()
        if (touched is None or name in touched)
        and (name not in rows or not (rows[name]["is_active"] or source.paused))
    ]
    quite_new = [source for source in came if source.name not in rows]
    doubts: tuple[Doubt, ...] = ()
    for before, after, address_of in (
        (left, came, str),
        (left, came, _loosen),
        (gone, quite_new, _loosen),
    ):
        # the usual case: without this, the addresses of 50,000 new sources are compared with nothing for 10 s
        if not before or not after:
            continue
        taken = frozenset(names.values())
        pairing = pair_names(
            (
                _know_source(row["name"], row["kind"], address_of(row["url"]), row["id"])
                for row in before
                if row["id"] not in names
            ),
            (
                _know_source(source.name, source.kind.value, address_of(source.url))
                for source in after
                if source.name not in taken
            ),
        )
        names |= pairing.names
        doubts = pairing.doubts if before is left else doubts
    return Pairing(names=names, doubts=_still_open(doubts, names))


def _loosen(url: str) -> str:
    return article_key(url, keep_doubtful=True)


def _know_source(name: str, kind: str, address: str, row_id: int | None = None) -> Known:
    return Known(id=row_id, name=name, identity=f"{kind} {address}", likeness=address)


def _still_open(doubts: Iterable[Doubt], names: Mapping[int, str]) -> tuple[Doubt, ...]:
    taken = frozenset(names.values())
    return tuple(doubt for doubt in doubts if doubt.new not in taken)


def _read_renames(rows: Mapping[str, sqlite3.Row], wanted: frozenset[str]) -> dict[str, str]:
    renames = {name: row["next_name"] for name, row in rows.items() if row["next_name"]}
    return follow_renames(renames, wanted)


_Unchanged = list[tuple[int, "WatchSettings", str]]


def _pair_watches(
    connection: sqlite3.Connection, config: Config, before: Config | None, sources: Names
) -> tuple[Pairing, _Unchanged]:
    """Return the renamed watches, and those whose settings changed only in names of sources and have to be rewritten."""
    rows = {row["name"]: row for row in list_watch_names(connection)}
    wanted = {watch.name: watch for watch in config.watches}
    renames = _read_renames(rows, frozenset(wanted))
    names = {rows[old]["id"]: new for old, new in renames.items()}
    active = {name: row for name, row in rows.items() if row["is_active"]}
    left = [row for name, row in active.items() if name not in wanted and name not in renames]
    came = [one for name, one in wanted.items() if name not in active and name not in renames.values()]  # fmt: skip
    # after a restart the earlier recipients are unknown; then the other settings decide
    known_to = before if before and all(before.watch_named(row["name"]) for row in left) else None
    pairing = pair_names(
        (_know_row(row, sources, known_to) for row in left),
        (_know_watch(watch, has_recipients=known_to is not None) for watch in came),
    )
    names |= pairing.names
    changed = [
        (row["id"], _know_row(row, sources, None), wanted[name])
        for row in rows.values()
        if (name := names.get(row["id"], row["name"])) in wanted
        and (row["is_active"] or row["id"] in names)
        and row["settings"] != write_settings(wanted[name])
    ]
    pairs = [(row_id, was, _know_watch(watch)) for row_id, was, watch in changed]
    stayed = [(was, now) for row_id, was, now in pairs if row_id not in names]
    unchanged = [
        (row_id, wanted[now.name], write_settings(wanted[now.name]))
        for row_id, was, now in pairs
        if was.identity == now.identity
    ]
    exchanged = list_exchanged(stayed)
    return Pairing(names=names, doubts=pairing.doubts, exchanged=exchanged), unchanged


def _know_row(row: sqlite3.Row, sources: Names, known_to: Config | None) -> Known:
    """Return a stored watch as if renamed sources had had their new names already."""
    facts = json.loads(row["settings"])
    if not facts:  # a row of an earlier release: its settings are not known
        return Known(id=row["id"], name=row["name"], identity=f"unknown {row['id']}")
    facts["sources"] = [sources.get(name, name) for name in facts.get("sources", ())]
    for old, new in sources.items():
        facts["query"] = rename_in_query(facts["query"], old, new)
    settings = known_to.watch_named(row["name"]) if known_to else None
    recipients = [*settings.to, *settings.channels] if settings else []
    return _know(row["name"], facts, recipients, row["id"])


def _know_watch(watch: "WatchSettings", *, has_recipients: bool = False) -> Known:
    recipients = [*watch.to, *watch.channels] if has_recipients else []
    return _know(watch.name, json.loads(write_settings(watch)), recipients)


def _know(
    name: str, facts: dict[str, object], recipients: list[str], row_id: int | None = None
) -> Known:
    rest = {key: value for key, value in facts.items() if key != "name" and value != []}
    identity = json.dumps([rest, recipients], ensure_ascii=False, sort_keys=True)
    return Known(id=row_id, name=name, identity=identity, likeness=str(facts["query"]))
