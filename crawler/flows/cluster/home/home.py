"""The home of a cluster: hands out what is due, replays what workers say of it, and takes back what the dead had."""

import asyncio
import logging
import random
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from crawler.backoff import Backoff
from crawler.errors import CarrierUnavailable
from crawler.flows.cluster.carrier import (
    GivenNotes,
    HomeCarrier,
    Job,
    JobState,
    Parcel,
)
from crawler.flows.cluster.home.isolation import (
    fail_isolated,
    let_late_pages_go,
    refuse_isolated,
    take_back,
)
from crawler.flows.cluster.home.look import Look, look
from crawler.flows.cluster.home.packing import MOST_DOMAINS, claim, pack
from crawler.flows.cluster.home.replay import Replay, Wall
from crawler.flows.cluster.home.replaying import Replaying
from crawler.flows.cluster.home.strangers import REST_SECONDS, Strangers
from crawler.flows.cluster.notes import ArticleNote, Note
from crawler.flows.cluster.summary import sum_up
from crawler.flows.cluster.wire import (
    DamagedParcel,
    key_of,
    read_notes,
    write_bundle,
    write_rules,
)
from crawler.flows.cluster.worker_rules import make_worker_rules
from crawler.flows.crawl_services import CrawlServices
from crawler.flows.news.pages.feed_words import prepare_words
from crawler.flows.news.pages.ingest_page import explain_unread
from crawler.flows.process.rules import Rules
from crawler.log import log_event
from crawler.model.cluster.state import ClusterState
from crawler.storage.crawl.handing_out import bundles, tasks
from crawler.storage.watch.keys import list_frequent_languages

_log = logging.getLogger("watchword.cluster")
_LOOK_SECONDS = 0.5
# between two looks for workers that died: they are given up after thirty seconds, and asked again within 45
_SWEEP_SECONDS = 2.0
# bundles handed out for each place at a worker: one is done, one waits for it
_AHEAD = 2
# with more notes waiting nothing is handed out: the home is the slow one
_MOST_NOTES = 1000
# messages that are replayed before anything else is looked at; each has 256 KB at most
_NOTES_AT_ONCE = 50
_USUAL_LANGUAGES = 4
# at most: the first notes are to be here within ten seconds once it is back
_BACKOFF = Backoff(timedelta(seconds=0.5), timedelta(seconds=2), (0.7, 1.3))
_RNG = random.Random()  # noqa: S311  # jitter, not a secret


class Home:
    """The home's work, beside whoever talks with the daemon.

    only       names of the sources to choose from, None for all
    max_pages  of each visit, None for all
    once       end when nothing is due any more
    rest_seconds  in which a worker learns that its bundle was taken back
    """

    def __init__(
        self,
        services: CrawlServices,
        carrier: HomeCarrier,
        *,
        only: tuple[str, ...] | None = None,
        max_pages: int | None = None,
        once: bool = False,
        rest_seconds: float = REST_SECONDS,
    ) -> None:
        self._once = once
        self._strangers = Strangers(carrier, rest_seconds=rest_seconds)
        self._services = services
        self._carrier = carrier
        self._only = only
        self._max_pages = max_pages
        self._published: tuple[Rules, str] | None = None
        self._swept_at = float("-inf")
        self._state = ClusterState(is_known=False)
        self._death_count = 0
        self._open_count = 0
        self.trouble = ""

    @property
    def open_count(self) -> int:
        """How many visits are open."""
        return self._open_count

    @property
    def state(self) -> Mapping[str, object]:
        """What a person should know of the cluster, as JSON values."""
        rest = None if self.trouble else self._strangers.find_rest()
        left = rest.seconds if rest else None
        return replace(
            self._state,
            trouble=self.trouble,
            rest=rest.reason if rest else "",
            rests_until=None if left is None else self._services.clock() + timedelta(seconds=left),
        ).as_json()

    async def run(self) -> None:
        """Work until cancelled; with ``once`` until nothing is due and no visit is open."""
        failures = 0
        while True:
            # a sign of life, also while workers make all visits or the carrier is away; a turn that hangs shows by its absence
            self._services.progress += 1
            try:
                is_done = await self._turn()
                await self._carrier.wait(seconds=_LOOK_SECONDS)
            except CarrierUnavailable as error:
                failures += 1
                self.note_trouble(str(error))
                await asyncio.sleep(_BACKOFF.draw_after(failures, _RNG).total_seconds())
                continue
            self.note_trouble("")
            failures = 0
            if self._once and is_done:
                return

    def note_trouble(self, reason: str) -> None:
        """Note why the carrier does not answer, empty if it does; the log has its beginning and its end."""
        if reason and not self.trouble:
            log_event(_log, logging.ERROR, "carrier unavailable", reason=reason, next="trying again until it answers")  # fmt: skip
        if not reason and self.trouble:
            log_event(_log, logging.WARNING, "carrier answers again")
        self.trouble = reason

    async def _turn(self) -> bool:
        """Do what there is to do; return whether nothing is due, handed out or waiting."""
        now = asyncio.get_running_loop().time()
        is_sweep = now - self._swept_at >= _SWEEP_SECONDS
        key = await self._publish(is_sweep=is_sweep)
        # before the notes: a bundle that is not there any more by now has said all that it will
        jobs = await self._carrier.list_jobs() if is_sweep else None
        await self._replay_all(key)
        if jobs is not None:
            self._swept_at = now
            await self._take_back(jobs)
        seen = await self._services.writer.run(look)
        claimed = await self._hand_out(key, seen)
        self._open_count = seen.visit_count + (claimed or 0)
        return claimed == 0 and seen.is_idle

    async def _publish(self, *, is_sweep: bool) -> str:
        """Publish the rules in force, if they are new or the carrier has lost them; return their key."""
        rules = self._services.rules
        if is_sweep and self._published and not await self._carrier.has_rules(self._published[1]):
            self._published = None
        if self._published is None or self._published[0] is not rules:
            usual = await self._services.writer.run(list_frequent_languages, limit=_USUAL_LANGUAGES)
            body = write_rules(make_worker_rules(rules, usual))
            await self._carrier.publish(key_of(body), body)
            self._published = rules, key_of(body)
        return self._published[1]

    async def _replay_all(self, key: str) -> None:
        while given := await self._carrier.list_notes(limit=_NOTES_AT_ONCE):
            for one in given:
                await self._replay(one, key)
                self._services.progress += 1
            await self._carrier.forget_notes([one.id for one in given])

    async def _replay(self, given: GivenNotes, key: str) -> None:
        try:
            notes = await asyncio.to_thread(read_notes, given.body)
        except DamagedParcel as damaged:
            log_event(_log, logging.ERROR, "notes not read", bundle=given.bundle_id, reason=damaged)
            await self._give_up([given.bundle_id])
            return
        services = self._services
        replay = Replay(
            Replaying(services.rules, key=key, now=services.clock(), max_pages=self._max_pages)
        )
        await self._load_dictionaries(replay, notes)
        start = 0
        while True:
            replayed = await services.writer.run(replay.run, given.bundle_id, given.number, notes, start=start)  # fmt: skip
            for _ in range(replayed.stored_count):
                services.on_stored()
            if replayed.wall is None:
                return
            await self._refuse_wall(replay, given.bundle_id, replayed.wall)
            start = replayed.wall.at_index + 1

    async def _load_dictionaries(self, replay: Replay, notes: tuple[Note, ...]) -> None:
        """Have the dictionaries of texts that are analysed here: a worker could not, or had other watches."""
        for note in notes:
            if isinstance(note, ArticleNote) and not replay.own.is_read(note.understood):
                await self._services.dictionaries.load_for(note.understood.article)

    async def _refuse_wall(self, replay: Replay, bundle_id: int, wall: Wall) -> None:
        why = explain_unread(wall.refusal.reason)
        unread = await prepare_words(wall.page, wall.source, self._services, why=why)
        await self._services.writer.run(replay.refuse_wall, bundle_id, wall, unread)

    async def _take_back(self, jobs: Mapping[int, Job]) -> None:
        """Take back the bundles of workers that died or ended, and tell of it."""
        services = self._services
        handed_out = await services.writer.run(bundles.list_open_bundles)
        dead = [one for one in handed_out if one in jobs and jobs[one].state is JobState.DEAD]
        gone = [one for one in handed_out if one not in jobs]
        await self._strangers.take_back(
            {one: job for one, job in jobs.items() if one not in handed_out}
        )
        # those at which a worker failed have none any more, and were logged by it
        if names := sorted({jobs[one].worker for one in dead} - {""}):
            self._death_count += len(names)
            facts = {"worker": ", ".join(names), "bundles": len(dead)}
            log_event(_log, logging.WARNING, "worker given up", **facts)
        await self._give_up(dead)
        now = services.clock()
        await services.writer.run(take_back, gone, has_died=False, now=now)
        await self._fail_isolated()
        if not self._once:  # one crawl fetches all there is
            least = services.rules.config.fetch.min_every
            await services.writer.run(let_late_pages_go, least=least, now=now)

    async def _give_up(self, bundle_ids: Sequence[int]) -> None:
        """Take back bundles whose workers died, failed, or said what cannot be read; tell of domains that are isolated for it."""
        if not bundle_ids:
            return
        await self._carrier.take_back(bundle_ids)
        writer, now = self._services.writer, self._services.clock()
        for domain in await writer.run(take_back, bundle_ids, has_died=True, now=now):
            log_event(_log, logging.ERROR, "domain isolated", domain=domain, next=f"`watchword cluster retry {domain}`")  # fmt: skip

    async def _fail_isolated(self) -> None:
        """Fail what waits at isolated domains; the words of its feeds alert."""
        services = self._services
        found = await services.writer.run(refuse_isolated, services.rules, now=services.clock())
        for one in found:
            unread = await prepare_words(one.page, one.source, services, why=one.reason)
            await services.writer.run(fail_isolated, one, unread, services.rules, now=services.clock())  # fmt: skip

    async def _hand_out(self, key: str, seen: Look) -> int | None:
        """Claim what is due and hand it out, as much as workers have room for; return how many visits were claimed, None without room."""
        services, carrier = self._services, self._carrier
        workers = await carrier.list_workers()
        backlog = await carrier.measure()
        places = _AHEAD * sum(one.places for one in workers if one.is_alive) - len(seen.handed_out)
        self._state = sum_up(
            workers,
            backlog,
            now=services.clock(),
            isolated=seen.isolated_count,
            deaths=self._death_count,
            is_drained=seen.drained_at is not None,
        )
        if (
            self._strangers.find_rest() is not None
            or places <= 0
            or seen.drained_at is not None
            or backlog.notes > _MOST_NOTES
        ):
            return None
        limit, now = places * MOST_DOMAINS, services.clock()
        claimed = await services.writer.run(
            claim, services.rules, now=now, limit=limit, only=self._only
        )
        packed = await services.writer.run(pack, services.rules, key=key, now=now, places=places)
        parcels = [Parcel(bundle_id=one.id, body=write_bundle(one)) for one in packed]
        if parcels:
            await carrier.hand_out(parcels)
        return claimed


class HomeServices(CrawlServices):
    """The services of the home: visits that are handed out stay open while it is away."""

    def list_kept_visits(self, connection: sqlite3.Connection) -> frozenset[int]:
        """Return the visits that workers have, or will have."""
        return tasks.list_visits_with_tasks(connection)
