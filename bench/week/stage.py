"""The stage of a week: servers, world, and the program it is run with."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.drills.processes import fake_clock
from bench.soak.daemon import Running
from bench.week.faults.choose import Fault, list_missing
from bench.week.faults.storage import own_disk
from bench.week.judging.conduct.usage import Memory
from bench.week.judging.messages import read_message, read_payload
from bench.week.plan import Plan
from bench.week.run import Week
from bench.week.servers.inbox import Hook, Inbox, ReadMessage, ReadPayload
from bench.week.servers.names import NameServer
from bench.week.servers.server import WebServer
from bench.week.watches import WatchPlan, make_watches
from bench.week.world.facts import Fact
from bench.week.world.world import World


def _make_watchword(folder: Path, disk: Path | None) -> Running:
    return Running(folder, database=disk / "watchword.db" if disk else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """The program of a week: its process, its kind of week, and the reader of its messages; Watchword by default."""

    make_running: Callable[[Path, Path | None], Running] = _make_watchword
    make_week: Callable[..., Week] = Week
    read_message: ReadMessage = read_message
    read_payload: ReadPayload = read_payload


@contextmanager
def prepare(
    plan: Plan, folder: Path, faults: list[Fault], cast: Cast | None = None
) -> Iterator[Week]:
    """Open everything that a week needs."""
    cast = cast or Cast()
    with ExitStack() as stack:
        inbox = stack.enter_context(Inbox(cast.read_message))
        hook = stack.enter_context(Hook(inbox.received, cast.read_payload))
        names = stack.enter_context(NameServer())
        web = WebServer(lambda *_: None)  # type: ignore[arg-type]  # the world is made with its port
        alerted_tokens = set[str]()
        read = 0

        def was_alerted(token: str) -> bool:
            nonlocal read
            while read < len(inbox.received):
                alerted_tokens.update(one.token for one in inbox.received[read].alerted)
                read += 1
            return token in alerted_tokens

        watches = make_watches()
        world = World(
            seed=plan.seed,
            site_count=plan.sites,
            port=web.port,
            scale=plan.scale,
            alerted=was_alerted,
            is_watched=lambda fact: _is_watched(watches, fact),
            only=plan.only,
            kinds=plan.kinds,
            has_six=web.has_six,
        )
        web.answer = world.answer
        for fault in faults:
            if missing := ", ".join(list_missing(fault)):
                world.skipped.append(f"the fault {fault.name} needs {missing}")
        held = [fault for fault in faults if not any(list_missing(fault))]
        needs = {need for fault in held for need in fault.needs}
        disk = stack.enter_context(own_disk(folder)) if "root" in needs else None
        running = cast.make_running(folder, disk)
        stack.callback(running.clear)
        stack.enter_context(web)
        memory = stack.enter_context(Memory(running.processes))
        yield cast.make_week(
            plan=plan,
            running=running,
            inbox=inbox,
            hook=hook,
            names=names,
            web=web,
            world=world,
            memory=memory,
            faults=held,
            environment=fake_clock(folder) if "FAKETIME_LIB" in needs else {},
            disk=disk,
            watches=watches,
        )


def _is_watched(watches: list[WatchPlan], fact: Fact) -> bool:
    number = len(fact.states) - 1
    return any(
        watch.alert == "now" and watch.rule.holds(fact, number, announcers=frozenset())
        for watch in watches
        if not watch.rule.sources
    )
