"""The small internet of a week: its sites, and what they publish, copy, edit and remove as the time goes."""

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bench.week.atoms import ATOMS
from bench.week.facts import Fact, State
from bench.week.server import Response
from bench.week.shares import draw_kinds, draw_language
from bench.week.sites import Phase, Site
from bench.week.texts import Author, Paragraph, Text

_OLD_COUNT = 4
_AGENCY_COPIES = (2, 8)
# what lies at a site before the first visit is as old as this
_OLD_AGE = timedelta(hours=30)
_GIVE_UP_SECONDS = 75.0
_EDITED_SHARE = 0.35
# what a quirk changes, and after which share of the week
ODDITIES: dict[str, list[tuple[float, dict[str, object]]]] = {
    "wall": [(0.35, {"is_walled": True}), (0.55, {"is_walled": False})],
    "sleeps": [(0.25, {"is_asleep": True}), (0.4, {"is_asleep": False})],
    "moves": [(0.5, {"is_moved": True})],
    "renames": [(0.5, {"is_renamed": True})],
    "guids": [(0.5, {"guid_series": 1})],
}
_NOT_FOUND = Response(status=404, body=b"<!doctype html><title>No such host</title>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How a week is compressed.

    seconds   of publishing
    every     seconds between two visits to a source
    rhythm    mean seconds between two articles of a site
    has_revisits  whether the week is long enough for articles to be looked at again without a sign in the feed
    """

    seconds: float
    every: float
    rhythm: float
    has_revisits: bool


@dataclass(kw_only=True)
class World:
    """All sites and facts.

    told  whether a fact was told to somebody already, as far as the mail server knows
    only  publish this fact alone (a token); the others are drawn as ever and thrown away
    """

    seed: int
    site_count: int
    port: int
    scale: Scale
    told: Callable[[str], bool]
    is_watched: Callable[[Fact], bool]
    only: frozenset[str] = frozenset()
    has_six: bool = True
    sites: list[Site] = field(default_factory=list)
    hosts: dict[str, Site] = field(default_factory=dict)
    facts: dict[str, Fact] = field(default_factory=dict)
    addresses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rng = random.Random(f"world {self.seed}")
        self._author = Author(self.seed)
        self._numbers = itertools.count(1)
        self._stories = itertools.count(1)
        self._events: list[tuple[float, int, Callable[[datetime], None]]] = []
        self._order = itertools.count()
        self._make_sites()

    def _make_sites(self) -> None:
        kinds = draw_kinds(self.site_count, seed=self.seed)
        for number, kind in enumerate(kinds):
            if "ipv6" in kind.quirks and not self.has_six:
                kind = replace(kind, quirks=frozenset({"etag"}))  # noqa: PLW2901
            slug = "".join(sign for sign in kind.name.lower() if sign.isalnum())
            host = f"{slug}{number}.example"
            is_english = bool({"agency", "reprints", "rails"} & kind.quirks)
            language = "en" if is_english else draw_language(kind, number, seed=self.seed)
            tags = tuple({"agency": "agency", "rss": "plain"}.get(one, "") for one in (kind.name,))
            site = Site(
                name=f"{slug}-{number}",
                kind=kind,
                language=language,
                url=f"http://{host}:{self.port}",
                tags=tuple(tag for tag in tags if tag),
            )
            if "rails" in kind.quirks:
                english = [a for a in ATOMS.values() if a.language == "en"]
                site.rail = tuple(self._author.title("en", (a.name,)) for a in english)
            self.sites.append(site)
            self.hosts[host] = site
            self.addresses[host] = (
                ("::1",) if "ipv6" in kind.quirks else (f"127.0.0.{1 + number % 3}",)
            )
            if "moves" in kind.quirks:
                new = f"new-{host}"
                site.new_url = f"http://{new}:{self.port}"
                self.hosts[new] = site
                self.addresses[new] = ("127.0.0.2",)

    def answer(self, host: str, path: str, headers: dict[str, str], address: str) -> Response:
        """Return what the internet answers."""
        site = self.hosts.get(host)
        if site is None:
            return _NOT_FOUND
        return site.answer(host, path, headers)

    def prepare(self, now: datetime) -> None:
        """Publish what is there before the first visit; some of it says watched words, and nobody is to be told."""
        for site in self.sites:
            for number in range(1 if site.kind.form == "page" else _OLD_COUNT):
                at = now - _OLD_AGE - timedelta(hours=number)
                fact = self._publish(site, self._draw_text(site, at), at, kind="old")
                fact.is_old = True

    def start(self) -> None:
        """Plan the week."""
        seconds = self.scale.seconds
        for site in self.sites:
            if "aggregator" in site.quirks or ("reprints" in site.quirks and self._has_agency):
                continue
            at = self._rng.uniform(0, self.scale.rhythm / 2)
            while at < seconds:
                self._plan(at, self._publisher(site))
                at += self._rng.expovariate(1 / self.scale.rhythm) + 2
        for site in self.sites:
            self._plan_oddities(site, seconds)
            if "aggregator" in site.quirks:
                for number in range(int(seconds // self.scale.rhythm) * 2):
                    self._plan((number + 1) * self.scale.rhythm / 2, self._aggregator(site))

    @property
    def _has_agency(self) -> bool:
        return any("agency" in site.quirks for site in self.sites)

    def _plan_oddities(self, site: Site, seconds: float) -> None:
        for quirk in sorted(site.quirks & ODDITIES.keys()):
            for share, changes in ODDITIES[quirk]:
                self._plan(share * seconds, _switch(site.phase, changes))
        if "429" in site.quirks:

            def silence(now: datetime) -> None:
                site.phase.silent_until = now + timedelta(seconds=5)

            self._plan(0.3 * seconds, silence)

    def _plan(self, at: float, event: Callable[[datetime], None]) -> None:
        heapq.heappush(self._events, (at, next(self._order), event))

    def tick(self, passed: float) -> None:
        """Let happen what is due."""
        while self._events and self._events[0][0] <= passed:
            self._passed = self._events[0][0]
            heapq.heappop(self._events)[2](datetime.now(UTC))

    def _publisher(self, site: Site) -> Callable[[datetime], None]:
        def publish(now: datetime) -> None:
            if site.kind.form == "page":
                self._add_line(site, now)
                return
            if "live" in site.quirks:
                live = [f for f in site.facts.values() if not f.is_old]
                if live:
                    self._edit(live[-1], now, "live")
                    return
            fact = self._publish(site, self._draw_text(site, now), now, kind=self._name_kind(site))
            if "agency" in site.quirks:
                self._plan_copies(fact)
            elif "etag" in site.quirks and self._rng.random() < _EDITED_SHARE:
                self._plan_edit(fact, self._rng.choice(("same", "other", "silent", "headline")))

        return publish

    def _name_kind(self, site: Site) -> str:
        return site.kind.name if site.kind.name not in {"rss", "atom"} else "article"

    def _draw_text(self, site: Site, now: datetime) -> Text:
        own = [atom for atom in ATOMS.values() if atom.language == site.language]
        if "flash" in site.quirks:
            return self._author.write_flash(self._rng.choice(own).name)
        if site.kind.form == "page":
            return self._author.write(site.language, paragraph_count=8)
        says, title = list[str](), tuple[str, ...]()
        if self._rng.random() < 0.55:
            says = [
                a.name for a in self._rng.sample(own, min(len(own), self._rng.choice((1, 1, 2))))
            ]
            if self._rng.random() < 0.3:
                title = (says[0],)
        can_miss = [a.name for a in own if a.near_misses]
        misses = [self._rng.choice(can_miss)] if can_miss and self._rng.random() < 0.3 else []
        if "paywall" in site.quirks:
            text = self._author.write(site.language, says, headline_says=title)
            return _behind(text, 1)
        return self._author.write(site.language, says, headline_says=title, near_misses=misses)

    def _publish(  # what a fact is made of
        self,
        site: Site,
        text: Text,
        now: datetime,
        *,
        kind: str,
        story: int | None = None,
        copy_of: str = "",
    ) -> Fact:
        token = f"f{next(self._numbers):05d}q"
        folder = f"{now:%Y/%m/%d}"
        is_private = "robots" in site.quirks and kind != "old" and self._rng.random() < 0.4
        if is_private:
            folder = "private"
            text = _behind(replace(text, headline=self._author.title(site.language, ()), headline_says=()), 0)  # fmt: skip
        is_page = site.kind.form == "page"
        path = f"/notices-{token}.html" if is_page else f"/{folder}/news-{token}.html"
        fact = Fact(
            token=token,
            site=site.name,
            story=story or next(self._stories),
            kind=kind,
            path=path,
            language=site.language,
            published_at=now,
            states=[State(text=text, since=now)],
            is_closed="robots.txt forbids it" if is_private else "",
            copy_of=copy_of,
        )
        if site.phase.is_walled:
            fact.uncertain = "published behind a wall"
        if self.only and kind != "old" and token not in self.only:
            return fact
        site.facts[path] = fact
        self.facts[fact.token] = fact
        if is_page:
            fact.sources[site.name] = now
        else:
            site.announce(fact, f"{site.url}{path}", now)
        return fact

    def _plan_copies(self, original: Fact) -> None:
        papers = [one for one in self.sites if "reprints" in one.quirks]
        count = min(len(papers), self._rng.randint(*_AGENCY_COPIES))
        for paper in self._rng.sample(papers, count):
            how = self._rng.choice(("whole", "whole", "cut", "edited", "retitled"))

            def reprint(now: datetime, paper: Site = paper, how: str = how) -> None:
                text = original.text
                if how == "cut":
                    text = self._author.cut(text)
                elif how == "edited":
                    text = self._author.edit(text)
                elif how == "retitled":
                    text = self._author.retitle(text)
                self._publish(
                    paper,
                    text,
                    now,
                    kind=f"{how} copy",
                    story=original.story,
                    copy_of=original.token,
                )

            self._plan(self._passed + self._rng.uniform(1, self.scale.every * 3), reprint)

    def _aggregator(self, site: Site) -> Callable[[datetime], None]:
        def link(now: datetime) -> None:
            listed = {fact.token for fact, _ in site.announced}
            fresh = [
                fact
                for fact in self.facts.values()
                if not fact.is_old
                and fact.token not in listed
                and fact.kind in {"article", "old"}
                and fact.language == site.language
            ]
            if fresh:
                fact = fresh[-1]
                owner = next(one for one in self.sites if one.name == fact.site)
                site.announce(fact, f"{owner.url}{fact.path}", now)

        return link

    def _plan_edit(self, fact: Fact, how: str) -> None:
        first = self._passed
        at = first + self.scale.every + 10

        def try_now(now: datetime) -> None:
            if fact.token not in self.facts:
                return
            ready = fact.served and (not self.is_watched(fact) or self.told(fact.token))
            if ready:
                self._edit(fact, now, how)
            elif self._passed - first < _GIVE_UP_SECONDS and self._passed < self.scale.seconds:
                self._plan(self._passed + 2, try_now)
            else:
                self.skipped.append(
                    f"{fact.token} was to be edited ({how}), and was not told in time"
                )

        if at < self.scale.seconds:
            self._plan(at, try_now)

    def _edit(self, fact: Fact, now: datetime, how: str) -> None:
        text = fact.text
        own = [atom.name for atom in ATOMS.values() if atom.language == fact.language]
        said = set(text.counts)
        if how in {"same", "live"} and said and self._rng.random() < (0.6 if how == "live" else 1):
            text = self._author.add(text, [self._rng.choice(sorted(said))])
        elif how == "other" and set(own) - said:
            text = self._author.add(text, [self._rng.choice(sorted(set(own) - said))])
        elif how == "headline":
            text = replace(text, headline=self._author.title(fact.language, text.headline_says))
        else:
            text = self._author.add(text, [])
        fact.states.append(State(text=text, since=now))

    def _add_line(self, site: Site, now: datetime) -> None:
        fact = next(iter(site.facts.values()))
        own = [atom.name for atom in ATOMS.values() if atom.language == site.language]
        line = (
            self._author.say(self._rng.choice(own))
            if self._rng.random() < 0.5
            else Paragraph(text=self._author.fill(site.language, 2, 9))
        )
        kept = (line, *fact.text.paragraphs)
        fact.states.append(State(text=replace(fact.text, paragraphs=kept), since=now))


def _behind(text: Text, shown: int) -> Text:
    """Return a text whose paragraphs after so many cannot be read: their words stand there, and count for nothing."""
    hidden = tuple(
        one if number < shown else replace(one, says=())
        for number, one in enumerate(text.paragraphs)
    )
    return replace(text, paragraphs=hidden)


def _switch(phase: Phase, changes: dict[str, object]) -> Callable[[datetime], None]:
    def switch(_: datetime) -> None:
        for name, value in changes.items():
            setattr(phase, name, value)

    return switch
