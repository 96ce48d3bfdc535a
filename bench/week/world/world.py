"""The small internet of a week: its sites, and what they publish, copy, edit and remove over time."""

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bench.week.servers.server import Response
from bench.week.world.facts import Fact, State
from bench.week.world.making import make_sites
from bench.week.world.newsrooms import WAYS_TO_COPY, WAYS_TO_EDIT, Newsroom
from bench.week.world.oddities import Scale, list_oddities
from bench.week.world.serving.addresses import HIDES_TOKEN, write_path
from bench.week.world.sites import Site
from bench.week.world.texts.texts import Text

# stories of a site from before the week
_OLD_COUNT = 4
# papers that reprint a story of an agency
_AGENCY_COPIES = (2, 8)
# the age of articles from before the first visit
_OLD_AGE = timedelta(hours=30)
_GIVE_UP_SECONDS = 75.0
_EDITED_SHARE = 0.35
_REMOVED_SHARE = 0.15
# kind -> the folder of those of its articles that nobody can or may read, and why
CLOSED = {
    "robots": ("private", "robots.txt forbids it"),
    "robots bom": ("private", "robots.txt forbids it"),
    "login": ("", "a login stands in its place"),
    "soft error": ("", "its page says that there is none"),
    "exclude": ("sport", "the source leaves it out by its own `exclude`"),
}
# of a site with a paywall, the stories behind it
_CLOSED_SHARE = 0.4
# a page that does not exist at first is requested again after a minute
_EARLY = frozenset({"early 404", "early stub"})
_EARLY_END_SECONDS = 35.0
# a revisit comes with a visit
_LOOK_SECONDS = 20.0
# at such sites a revisit may fail or find the next page, and the last article has none after it
_HINDERS_LOOKS = frozenset(
    {"wall", "sleeps", "429", "503", "moves", "moved links", "text in feed", "one page", "parts", "app page", "headline alone", "robots against"}
)  # fmt: skip
_NOT_FOUND = Response(status=404, body=b"<!doctype html><title>No such host</title>")


@dataclass(kw_only=True)
class World:
    """All sites and facts.

    alerted  returns whether somebody already got an alert about a fact, as far as the mail server knows
    only     publish this fact alone (a token); the others are drawn all the same and thrown away
    kinds    names of the only kinds of sites wanted; all if empty
    """

    seed: int
    site_count: int
    port: int
    scale: Scale
    alerted: Callable[[str], bool]
    is_watched: Callable[[Fact], bool]
    only: frozenset[str] = frozenset()
    kinds: tuple[str, ...] = ()
    has_six: bool = True
    sites: list[Site] = field(default_factory=list)
    hosts: dict[str, Site] = field(default_factory=dict)
    facts: dict[str, Fact] = field(default_factory=dict)
    addresses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rng = random.Random(f"world {self.seed}")
        self._newsrooms: dict[str, Newsroom] = {}
        self._stories = itertools.count(1)
        self._events: list[tuple[float, int, Callable[[datetime], None]]] = []
        self._order = itertools.count()
        self._make_sites()

    def _make_sites(self) -> None:
        for made in make_sites(
            self.site_count,
            seed=self.seed,
            port=self.port,
            kinds=self.kinds,
            has_six=self.has_six,
        ):
            self.sites.append(made.site)
            self._newsrooms[made.site.name] = made.newsroom
            self.hosts |= dict.fromkeys(made.addresses, made.site)
            self.addresses |= made.addresses

    def answer(self, host: str, path: str, headers: dict[str, str], address: str) -> Response:
        """Return the answer to a request."""
        site = self.hosts.get(host)
        if site is None:
            return _NOT_FOUND
        return site.answer(host, path, headers)

    def prepare(self, now: datetime) -> None:
        """Publish what is there before the first visit; some of it has watched words, and none of it may be alerted."""
        for site in self.sites:
            for number in range(1 if site.kind.form == "page" else _OLD_COUNT):
                at = now - _OLD_AGE - timedelta(hours=number)
                fact = self._publish(site, self._newsrooms[site.name].write(), at, kind="old")
                fact.is_old = True

    def start(self) -> None:
        """Plan the events of the week."""
        seconds = self.scale.seconds
        for site in self.sites:
            if "aggregator" in site.quirks or ("reprints" in site.quirks and self._has_agency):
                continue
            at = self._rng.uniform(0, self.scale.article_seconds / 2)
            while at < seconds:
                self._plan(at, self._publisher(site))
                at += self._rng.expovariate(1 / self.scale.article_seconds) + 2
        for site in self.sites:
            for at, happen in list_oddities(site):
                self._plan(at * seconds, happen)
            if "aggregator" in site.quirks:
                for number in range(int(seconds // self.scale.article_seconds) * 2):
                    self._plan(
                        (number + 1) * self.scale.article_seconds / 2, self._aggregator(site)
                    )

    @property
    def _has_agency(self) -> bool:
        return any("agency" in site.quirks for site in self.sites)

    def _plan(self, at: float, event: Callable[[datetime], None]) -> None:
        heapq.heappush(self._events, (at, next(self._order), event))

    def tick(self, passed: float) -> None:
        """Carry out the events that are due."""
        while self._events and self._events[0][0] <= passed:
            self._passed = self._events[0][0]
            heapq.heappop(self._events)[2](datetime.now(UTC))

    def _publisher(self, site: Site) -> Callable[[datetime], None]:
        newsroom = self._newsrooms[site.name]

        def publish(now: datetime) -> None:
            if "newest only" in site.quirks and not site.is_read:
                # a feed with room for one entry publishes again only once it was read
                self._plan(self._passed + 2, publish)
            elif not (
                site.quirks & _EARLY and self._passed > self.scale.seconds - _EARLY_END_SECONDS
            ):
                self._issue(site, newsroom, now)

        return publish

    def _issue(self, site: Site, newsroom: Newsroom, now: datetime) -> None:
        """Publish the next article of a site, or what its kind has in place of articles."""
        if site.kind.form == "page":
            fact = next(iter(site.facts.values()))
            if not self.only or fact.token in self.only:
                fact.states.append(State(text=newsroom.add_line(fact), since=now))
            return
        live = [f for f in site.facts.values() if not f.is_old] if "live" in site.quirks else []
        if live:
            self._edit(site, live[-1], now, "live")
            return
        fact = self._publish(site, newsroom.write(), now, kind=_name_kind(site))
        chance, how = newsroom.rng.random(), newsroom.rng.choice(WAYS_TO_EDIT)
        if "agency" in site.quirks:
            self._plan_copies(site, fact)
        elif "etag" in site.quirks and chance < _EDITED_SHARE:
            self._plan_edit(site, fact, how)
        elif chance > 1 - _REMOVED_SHARE and not site.quirks & _HINDERS_LOOKS:
            self._plan_removal(site, fact)

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
        newsroom = self._newsrooms[site.name]
        token = newsroom.next_token()
        folder, closed = f"{now:%Y/%m/%d}", ""
        closing = next((CLOSED[one] for one in sorted(site.quirks & CLOSED.keys())), None)
        if closing and kind != "old" and newsroom.rng.random() < _CLOSED_SHARE:
            folder, closed = closing[0] or folder, closing[1]
            text = text if "exclude" in site.quirks else newsroom.close(text)
        if site.quirks & HIDES_TOKEN:
            text = replace(text, headline=f"{text.headline} ({token})")
        path = write_path(site.kind.form, site.quirks, token=token, folder=folder)
        fact = Fact(
            token=token,
            site=site.name,
            story=story or next(self._stories),
            kind=kind,
            path=path,
            language=site.language,
            published_at=now,
            states=[State(text=text, since=now)],
            is_closed=closed,
            copy_of=copy_of,
        )
        if site.phase.is_walled:
            fact.uncertain = "published behind a wall"
        if self.only and kind != "old" and token not in self.only:
            return fact
        site.facts[path] = fact
        self.facts[fact.token] = fact
        if site.kind.form == "page":
            fact.sources[site.name] = now
        else:
            site.announce(fact, f"{site.url}{path}", now)
        return fact

    def _plan_copies(self, agency: Site, original: Fact) -> None:
        rng = self._newsrooms[agency.name].rng
        papers = [one for one in self.sites if "reprints" in one.quirks]
        count = min(len(papers), rng.randint(*_AGENCY_COPIES))
        for paper in rng.sample(papers, count):
            how = rng.choice(WAYS_TO_COPY)

            def reprint(now: datetime, paper: Site = paper, how: str = how) -> None:
                self._publish(
                    paper,
                    self._newsrooms[paper.name].copy(original.text, how),
                    now,
                    kind=f"{how} copy",
                    story=original.story,
                    copy_of=original.token,
                )

            self._plan(self._passed + rng.uniform(1, self.scale.every * 3), reprint)

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

    def _plan_edit(self, site: Site, fact: Fact, how: str) -> None:
        first = self._passed
        at = first + self.scale.every + 10

        def try_now(now: datetime) -> None:
            if fact.token not in self.facts:
                return
            ready = fact.served and (not self.is_watched(fact) or self.alerted(fact.token))
            if ready:
                self._edit(site, fact, now, how)
            elif self._passed - first < _GIVE_UP_SECONDS and self._passed < self.scale.seconds:
                self._plan(self._passed + 2, try_now)
            else:
                self.skipped.append(
                    f"{fact.token} was to be edited ({how}), and was not alerted in time"
                )

        if at < self.scale.seconds:
            self._plan(at, try_now)

    def _edit(self, site: Site, fact: Fact, now: datetime, how: str) -> None:
        text = self._newsrooms[site.name].revise(fact, how)
        fact.states.append(State(text=text, since=now))

    def _plan_removal(self, site: Site, fact: Fact) -> None:
        """Plan to remove an article after its alert, while there is still time for a revisit."""
        first, last_look = self._passed, self.scale.revisits[-1]

        def remove(now: datetime) -> None:
            if fact.token not in self.facts or self._passed - first > last_look - _LOOK_SECONDS:
                return
            if fact.served and self.alerted(fact.token):
                fact.gone_at = now
                site.announced = [one for one in site.announced if one[0] is not fact]
            else:
                self._plan(self._passed + 2, remove)

        if self.is_watched(fact) and first + last_look + _LOOK_SECONDS < self.scale.end:
            self._plan(first + self.scale.every, remove)


def _name_kind(site: Site) -> str:
    return "article" if site.kind.name in {"rss", "atom"} else site.kind.name
