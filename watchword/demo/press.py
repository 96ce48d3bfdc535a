"""The content of the bundled newspaper: its pages and feeds at a given moment.

It depends only on the time since the paper came out: articles appear and are edited after a number of seconds, and all
dates count from that moment, so the paper is always today's.
"""

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2

_UNITS = (
    ("day", 1440),
    ("hour", 60),
    ("minute", 1),
)  # unit and its length in minutes, longest first
FOLDER = Path(__file__).with_name("pages")


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An article of the newspaper, as written in ``articles.toml``.

    markup                  the page's template; pages of ``shell`` and ``missing`` are not articles
    minutes_ago             its age when the paper came out; 0 for late articles
    appears_after_seconds   when it appears
    edited_after_seconds    when ``addition`` is added; 0 for never
    """

    slug: str
    outlet: str
    markup: str
    headline: str
    paragraphs: tuple[str, ...]
    byline: str = ""
    section: str = "News"
    tags: tuple[str, ...] = ()
    language: str = "en"
    minutes_ago: int = 60
    appears_after_seconds: float = 0
    edited_after_seconds: float = 0
    addition: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletSheet:
    """An outlet, as written in ``articles.toml``: name, motto, zone, and the file name of its feed."""

    key: str
    name: str
    motto: str
    zone: str
    feed: str


class Press:
    """Renders pages and feeds.

    pace  a factor for the seconds after which articles appear and are edited
    """

    def __init__(self, *, opened_at: datetime, pace: float = 1.0) -> None:
        sheet = tomllib.loads((FOLDER / "articles.toml").read_text(encoding="utf-8"))
        self.outlets = {item["key"]: OutletSheet(**item) for item in sheet["outlet"]}
        self._stories = [_story(item) for item in sheet["article"]]
        self._opened_at = opened_at
        self._pace = pace
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(FOLDER),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def stories(self, outlet: str, *, now: datetime) -> list[Story]:
        """Return an outlet's articles that have appeared by now, newest first."""
        out = [
            story
            for story in self._stories
            if story.outlet == outlet and now >= self._moment(story.appears_after_seconds)
        ]
        return sorted(out, key=self.published_at, reverse=True)

    def find(self, outlet: str, slug: str, *, now: datetime) -> Story | None:
        """Return an article that has appeared, or None."""
        return next((story for story in self.stories(outlet, now=now) if story.slug == slug), None)

    def published_at(self, story: Story) -> datetime:
        """Return when an article was published, by its own date."""
        return self._moment(story.appears_after_seconds) - timedelta(minutes=story.minutes_ago)

    def updated_at(self, story: Story, *, now: datetime) -> datetime:
        """Return when an article was last changed."""
        return (
            self._edited_at(story) if self._is_edited(story, now=now) else self.published_at(story)
        )

    def last_change_at(self, outlet: str, *, now: datetime) -> datetime:
        """Return when an outlet last published or edited an article; before that, when the paper came out."""
        moments = [
            self._edited_at(story)
            if self._is_edited(story, now=now)
            else self._moment(story.appears_after_seconds)
            for story in self.stories(outlet, now=now)
        ]
        return max(moments, default=self._opened_at)

    def _moment(self, seconds: float) -> datetime:
        return self._opened_at + timedelta(seconds=seconds * self._pace)

    def _edited_at(self, story: Story) -> datetime:
        return self._moment(story.edited_after_seconds)

    def _is_edited(self, story: Story, *, now: datetime) -> bool:
        return bool(story.edited_after_seconds) and now >= self._edited_at(story)

    def paragraphs(self, story: Story, *, now: datetime) -> tuple[str, ...]:
        """Return the paragraphs of an article as they are now."""
        edited = self._is_edited(story, now=now)
        return (*story.paragraphs, story.addition) if edited else story.paragraphs

    def print_page(self, story: Story, *, base: str, now: datetime) -> str:
        """Return an article's page in its markup, with the boilerplate of its outlet."""
        others = [
            other
            for other in self.stories(story.outlet, now=now)
            if other.markup not in {"shell", "missing"}
        ]
        return self._render(
            f"{story.markup}.html",
            story,
            base=base,
            now=now,
            paragraphs=self.paragraphs(story, now=now),
            # the sidebar repeats this headline and shows others, as on real sites: neither must get into the text
            rail=[story, *(other for other in others if other is not story)][:5],
        )

    def print_home(self, outlet: str, *, base: str, now: datetime) -> str:
        """Return an outlet's home page."""
        stories = [
            story
            for story in self.stories(outlet, now=now)
            if story.markup not in {"shell", "missing"}
        ]
        return self._render("home.html", None, base=base, now=now, outlet=outlet, stories=stories)

    def print_feed(self, outlet: str, *, base: str, now: datetime) -> str:
        """Return an outlet's feed, RSS or Atom."""
        name = self.outlets[outlet].feed
        stories = self.stories(outlet, now=now)
        return self._render(name, None, base=base, now=now, outlet=outlet, stories=stories)

    def print_not_found(self, outlet: str, *, base: str, now: datetime) -> str:
        """Return an outlet's page for an address it does not have."""
        return self._render("not-found.html", None, base=base, now=now, outlet=outlet)

    def _render(
        self,
        template: str,
        story: Story | None,
        *,
        base: str,
        now: datetime,
        outlet: str = "",
        **facts: object,
    ) -> str:
        sheet = self.outlets[story.outlet if story else outlet]
        zone = ZoneInfo(sheet.zone)
        return self._templates.get_template(template).render(
            sheet=sheet,
            story=story,
            base=base,
            press=self,
            now=now,
            clock=now.astimezone(zone),
            local=lambda instant: instant.astimezone(zone),
            ago=lambda instant: write_ago(now - instant),
            rfc822=lambda instant: format_datetime(instant.astimezone(UTC), usegmt=True),
            **facts,
        )


def _story(item: dict[str, object]) -> Story:
    lists = {key: tuple(value) for key, value in item.items() if isinstance(value, list)}
    return Story(**{**item, **lists})  # type: ignore[arg-type]  # the file is ours, and a test reads it


def write_ago(age: timedelta) -> str:
    """Return an age as news sites write it: ``9 hours ago``."""
    minutes = max(1, int(age.total_seconds() // 60))
    unit, length = next(pair for pair in _UNITS if minutes >= pair[1])
    count = minutes // length
    return f"{count} {unit}s ago" if count > 1 else f"one {unit} ago"
