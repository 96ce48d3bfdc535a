"""What every page of ours needs: who asks, the zone of its times, reading the database, and the template around it."""

import asyncio
import os
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from datasette.utils.asgi import Response
from markupsafe import Markup

from crawler.alerting.links import write_name
from crawler.clock import utc_now
from crawler.config.files.file_parts import FileMemory
from crawler.config.files.places import config_path, list_config_files
from crawler.config.load import load_config
from crawler.config.schema import Config
from crawler.errors import ConfigFaulty
from crawler.storage.web_reading.cards import Published
from crawler.text.instants import (
    name_zone,
    read_stated_zone,
    write_day,
    write_instant,
    write_long_day,
    write_recent,
    write_short_day,
    write_time,
)
from watchword.web.access.visitors import Openness, Visitor, find_visitor


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A publication date in words.

    iso        for ``<time datetime>``: an instant, or a day
    text       such as ``07:12``, ``about 06:00``, ``25 Nov``, ``seen 06:44``
    certainty  such as ``to the minute``; it stands beside every time
    """

    iso: str
    text: str
    certainty: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a page knows of its visitor and of the hour. Templates have it as ``frame``.

    zone    in which times are shown, from ``[mail] timezone`` or ``timezone``
    config  None while the configuration cannot be read
    """

    visitor: Visitor
    openness: Openness
    zone: tzinfo
    now: datetime
    config: Config | None

    @property
    def may_browse(self) -> bool:
        """Return whether there is anything for the visitor to look at, so that the menu is worth showing."""
        return self.visitor.sees_alerts or self.openness is Openness.PUBLIC

    @property
    def has_workers(self) -> bool:
        """Return whether visits are made by workers on other machines."""
        return self.config is not None and self.config.cluster.is_on

    def instant(self, instant: datetime) -> str:
        """Return ``23 Nov 2026 10:00 CET``."""
        return write_instant(instant, self.zone)

    def recent(self, instant: datetime) -> str:
        """Return ``10:31``, ``yesterday 10:31``, ``3 Nov 10:31`` or ``3 Nov 2025``."""
        return write_recent(instant, self.zone, now=self.now)

    def at(self, instant: datetime) -> str:
        """Return an instant for running text: ``today at 10:31``, ``yesterday at 10:31``, ``on 3 Nov at 10:31``."""
        day = self.name_day(instant)
        if day in {"Today", "Yesterday", "Tomorrow"}:
            return f"{day.lower()} at {self.time(instant)}"
        return f"on {self.day(instant)} at {self.time(instant)}"

    def time(self, instant: datetime) -> str:
        """Return ``10:31``."""
        return write_time(instant, self.zone)

    def day(self, instant: datetime) -> str:
        """Return ``23 Nov 2026``."""
        return write_day(instant, self.zone)

    def short_day(self, instant: datetime) -> str:
        """Return ``23 Nov``."""
        return write_short_day(instant, self.zone)

    def long_day(self, instant: datetime) -> str:
        """Return ``Monday 23 November``."""
        return write_long_day(instant, self.zone)

    def name_day(self, instant: datetime) -> str:
        """Return ``Today``, ``Yesterday``, ``Tomorrow``, ``Monday 23 November`` or, of another year, ``23 Nov 2025``."""
        day, today = instant.astimezone(self.zone).date(), self.now.astimezone(self.zone).date()
        near = {-1: "Yesterday", 0: "Today", 1: "Tomorrow"}
        if name := near.get((day - today).days):
            return name
        return self.long_day(instant) if day.year == today.year else self.day(instant)

    @staticmethod
    def read_page(request: Any) -> int:
        """Return the number of the page of a list that an address asks for, 1 for the first."""
        stated = request.args.get("page") or "1"
        return max(1, int(stated)) if stated.isdecimal() and len(stated) < 7 else 1

    @staticmethod
    def link_source(name: str, urls: Any) -> Markup:
        """Return a source's name as a link to its page."""
        return Markup('<a href="{}"><bdi>{}</bdi></a>').format(
            urls.path(f"/sources/{write_name(name)}"), name
        )

    def iso(self, instant: datetime) -> str:
        """Return an instant for ``<time datetime>``, in the visitor's zone."""
        return instant.astimezone(self.zone).isoformat(timespec="minutes")

    @property
    def zone_name(self) -> str:
        """The zone's short name now, such as ``CET``."""
        return name_zone(self.now.astimezone(self.zone))

    def stated_day(self, published: Published) -> str:
        """Return the day an article was published, such as ``26 Nov 2026``; empty if nothing states it."""
        if published.at is None:
            return ""
        if published.precision == "day":
            zone = read_stated_zone(published.zone)
            return write_day(published.at, zone)
        return self.day(published.at)

    def published(self, published: Published, *, under: str = "") -> When:
        """Return when an article was published, never more precise than the page stated it.

        under  the heading it stands under, as ``name_day`` returns it: that day is not said again
        """
        at = published.at
        if at is None:
            seen = published.seen_at
            text = f"seen {self._recent_under(seen, under)}"
            return When(iso=self.iso(seen), text=text, certainty="no date in the page")
        if published.precision == "day":
            stated = at.astimezone(read_stated_zone(published.zone))
            return When(
                iso=stated.date().isoformat(),
                text=self._write_stated_day(stated),
                certainty="day only",
            )
        if published.precision == "hour":
            evidence = (published.evidence or "").strip()
            certainty = f"\u201c{evidence}\u201d" if 0 < len(evidence) <= 40 else "to the hour"
            return When(
                iso=self.iso(at), text=f"about {self._recent_under(at, under)}", certainty=certainty
            )
        return When(iso=self.iso(at), text=self._recent_under(at, under), certainty="to the minute")

    def _recent_under(self, at: datetime, under: str) -> str:
        return self.time(at) if under and self.name_day(at) == under else self.recent(at)

    def _write_stated_day(self, stated: datetime) -> str:
        zone = stated.tzinfo or self.zone
        if stated.year == self.now.astimezone(self.zone).year:
            return write_short_day(stated, zone)
        return write_day(stated, zone)


class Configuration:
    """The configuration, read again when a file of it changed; None while it has faults."""

    def __init__(self) -> None:
        self._memory = FileMemory()
        self._read: tuple[tuple[object, ...], Config | None] = ((), None)

    def read(self) -> Config | None:
        """Return the present configuration. Reads files, so call it in a thread."""
        path = config_path(None)
        try:
            stamp = tuple((file, file.stat().st_mtime_ns) for file in list_config_files(path))
        except OSError:
            return None
        if not stamp or stamp != self._read[0]:
            self._read = (stamp, self._load(path))
        return self._read[1]

    @property
    def last(self) -> Config | None:
        """The configuration as it was last read, without looking at its files; read now if it never was."""
        return self._read[1] if self._read[0] else self.read()

    def _load(self, path: Path) -> Config | None:
        try:
            return load_config(path, environ=os.environ, memory=self._memory)
        except ConfigFaulty:
            return None


_CONFIGURATION = Configuration()


def find_zone() -> tzinfo:
    """Return the zone of times, as of the last request: for the cells of a table, of which there are thousands."""
    return _zone_of(_CONFIGURATION.last)


def _zone_of(config: Config | None) -> tzinfo:
    return read_stated_zone(config.admin_reader.zone if config else None)


async def find_frame(datasette: Any, request: Any) -> Frame:
    """Return the frame of a request: the same for its page and for the template around it."""
    if request and (known := request.scope.get("watchword_frame")):
        return known  # type: ignore[no-any-return]
    config = await asyncio.to_thread(_CONFIGURATION.read)
    visitor = find_visitor(request.actor if request else None, datasette.openness)
    frame = Frame(
        visitor=visitor,
        openness=datasette.openness,
        zone=_zone_of(config),
        now=utc_now(),
        config=config,
    )
    if request:
        request.scope["watchword_frame"] = frame
    return frame


async def show(
    datasette: Any, request: Any, template: str, *, status: int = 200, **facts: Any
) -> Response:
    """Return a page made of a template, which also has ``frame`` and everything of ``plugins.web_pages``."""
    page = await datasette.render_template(template, facts, request=request)
    # what is starred and read is the visitor's own, and news is not to be had from yesterday's copy
    return Response.html(page, status=status, headers={"cache-control": "private, no-store"})
