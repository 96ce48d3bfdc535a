"""Changes of the configuration during a week: another watch, a rename, a wider query, a mute, another recipient."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bench.week.watches import PEOPLE, Rule, WatchPlan

if TYPE_CHECKING:
    from bench.week.run import Week


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change, and the share of the week after which it is made."""

    share: float
    make: Callable[["Week"], None]


def _find(week: "Week", name: str) -> WatchPlan:
    return next(watch for watch in week.watches if watch.name == name)


def _add_watch(week: "Week") -> None:
    week.watches.append(
        WatchPlan(
            name="otters-too",
            query="otter OR beaver",
            rule=Rule(any_of=("otter",)),
            to=(PEOPLE[4], PEOPLE[9]),
            since=datetime.now(UTC),
            names=["otters-too"],
        )
    )
    week.write_settings()


def _rename(week: "Week") -> None:
    watch = _find(week, "drones-mail-2")
    watch.name = "uav"
    watch.names.append("uav")
    week.write_settings()


def _widen(week: "Week") -> None:
    watch = _find(week, "depot")
    watch.former, watch.changed_at = watch.rule, datetime.now(UTC)
    watch.rule = Rule(any_of=("depot", "lighthouse"))
    watch.query = '"oil depot"~3 OR lighthouse'
    week.write_settings()


def _mute(week: "Week") -> None:
    watch = _find(week, "strikes")
    watch.muted_from = datetime.now(UTC)
    done = week.running.command("watch", "mute", watch.name, "--for", "7d")
    if done.returncode:
        week.troubles.append(f"watch mute: {done.stdout}{done.stderr}")
    # the command wrote it into the file, and it must be kept when the file is written again
    watch.extra["mute_until"] = (watch.muted_from + timedelta(days=7)).date()


def _add_reader(week: "Week") -> None:
    watch = _find(week, "sky")
    reader = next(one for one in PEOPLE if one not in watch.to)
    watch.to = (*watch.to, reader)
    watch.joined[reader] = datetime.now(UTC)
    week.write_settings()


CHANGES = (
    Change(share=0.3, make=_add_watch),
    Change(share=0.4, make=_rename),
    Change(share=0.45, make=_widen),
    Change(share=0.5, make=_mute),
    Change(share=0.55, make=_add_reader),
)
