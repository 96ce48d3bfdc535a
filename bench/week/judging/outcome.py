"""The outcome of a week, judged in every way: the printed lines, and whether the goal is met."""

import resource
from collections.abc import Iterator
from dataclasses import dataclass

from bench.week.judging.conduct.house import find_secrets, read_house
from bench.week.judging.conduct.politeness import Manners, judge_manners
from bench.week.judging.conduct.refusals import Refusals, judge_refusals
from bench.week.judging.conduct.reports import ReportsFound
from bench.week.judging.ledger import Book, judge
from bench.week.judging.messages import ReceivedAlert
from bench.week.judging.report import count_kinds, count_misses, list_faults, list_figures
from bench.week.judging.reprints import list_repeated
from bench.week.judging.verdicts import Verdicts
from bench.week.run import Week
from bench.week.settings import DELAY_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A finished week, and all verdicts on it."""

    week: Week
    book: Book
    alerted: list[ReceivedAlert]
    found: Verdicts
    manners: Manners
    reports: ReportsFound
    refusals: Refusals
    secrets: list[str]

    def list_figures(self) -> list[tuple[str, str]]:
        """Return the table as (figure, value)."""
        week, plan, found = self.week, self.week.plan, self.found
        kinds = {site.name: site.kind.name for site in week.world.sites}
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        hidden = sum(n for one in week.inbox.received for _, n in one.hidden)
        return [
            ("week", f"{week.name}: {plan.minutes:g} minutes, {plan.sites} sites, seed {plan.seed}, faults {plan.faults}"),
            ("facts", count_kinds(list(self.book.facts.values()))),
            *list_figures(found, self.manners, repeated=len(list_repeated(found, self.alerted, self.book))),
            ("misses by kind", count_misses(found, self.book, kinds)),
            ("messages", f"{len(week.inbox.received)}, {hidden} alerts counted in digests and not shown, {found.counted} of them due"),
            ("status reports", f"{self.reports.reports}, {len(self.reports.untrue)} of {self.reports.sentences} sentences untrue"),
            ("refusals", f"{self.refusals.right} right, {len(self.refusals.wrong)} wrong"),
            ("messages twice", f"{self._count_copies()} under the same Message-ID; {week.in_flight} were on their way when the daemon was killed or had no memory, {week.inbox.cut} when the mail server cut"),
            ("CPU of the program", f"{used.ru_utime + used.ru_stime:.0f} s"),
            ("most memory", str(week.memory)),
        ]  # fmt: skip

    def _count_copies(self) -> int:
        """Return how many messages came again under the same Message-ID, however many alerts each holds."""
        return len({(one.recipient, one.message_id, one.at) for one in self.found.copies})

    def list_lines(self) -> Iterator[str]:
        """Yield one line for each provoked fault, and one for each thing that went wrong, with its cause."""
        week = self.week
        yield from (f"FAULT {name}, {what}" for name, what in week.seen.items())
        yield from list_faults(self.found, self.manners, self.book, week.ask)
        yield from (f"REFUSED WRONGLY {one}" for one in self.refusals.wrong)
        yield from (f"UNTRUE {one}" for one in self.reports.untrue)
        yield from (f"SECRET {one}" for one in self.secrets)
        yield from (f"TROUBLE {one}" for one in week.troubles)
        yield from (f"not done: {one}" for one in week.world.skipped)

    def list_shortcomings(self) -> list[str]:
        """Return what misses the goal, in a few words each; empty if it is met."""
        found, week = self.found, self.week
        wrong = len(found.false) + len(found.duplicates) + len(found.superfluous)
        counts = (
            (found.due - found.alerted, "alerts missed"),
            (wrong, "alerts that should not have come"),
            (
                max(0, self._count_copies() - week.inbox.cut - week.in_flight),
                "copies that no cut explains",
            ),
            (self.manners.impolite, "impolite requests"),
            (len(self.refusals.wrong), "pages refused wrongly"),
            (len(self.reports.untrue), "untrue sentences in status reports"),
            (len(self.secrets), "secrets shown"),
            (len(week.troubles), "other troubles"),
        )
        return [f"{count} {what}" for count, what in counts if count]

    def write_verdict(self) -> str:
        """Return in a line or two whether the goal is met, and how to replay one article of a miss."""
        short = self.list_shortcomings()
        if not short and not self.found.due:
            return "Nothing was due, and nothing came that should not have."
        if not short:
            return "The goal is met: every alert that was due came once, and no other came."
        plan = self.week.plan
        tokens = [token for *_, several in self.found.misses for token in several[:1]]
        tokens += [one.token for one in (*self.found.false, *self.found.superfluous) if one.token]
        again = f"python -m bench.week --minutes {plan.minutes:g} --sites {plan.sites} --seed {plan.seed} --faults {plan.faults!r}"
        replay = f"\nAlone: {again} --only {tokens[0]}" if tokens else ""
        return f"The goal is missed: {', '.join(short)}.{replay}"


def examine(week: Week) -> Outcome:
    """Return the outcome of a finished week."""
    book, alerted = week.book(), week.list_alerts_of_message()
    week.troubles += [f"the bench could not answer {one}" for one in week.web.broken]
    return Outcome(
        week=week,
        book=book,
        alerted=alerted,
        found=judge(book, alerted, hidden=week.count_hidden()),
        manners=judge_manners(
            week.web.asked,
            delay=DELAY_SECONDS,
            house=read_house(week.world.sites),
            restarts=week.kills,
        ),
        reports=week.judge_reports(),
        refusals=judge_refusals(week.running.ask, book.facts),
        secrets=find_secrets(week.inbox.received, week.running.output()),
    )
