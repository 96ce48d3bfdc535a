"""What a person asks of the daemon: one row of the inbox."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class RequestKind(StrEnum):
    """What can be asked for, with its arguments.

    visit        sources: names of sources that are to be visited now
    backfill     source, since: read a source back to an instant
    mute         watch, story, source, recipient, until: the last four may be None
    unmute       watch
    unsubscribe  delivery, alert, action: what the reader of a message pressed, as ``flows.actions``; alert 0 for all of it
    reject       alerts: ids of alerts that were not what somebody meant
    retry        alerts: ids of alerts whose dead messages are to be tried again; None for every dead message
    resend       alert, recipients
    rename_watch, rename_source   old, new: names; what belongs to the old one stays with it
    split        story, articles
    line_rule    source, line, ruling: ``cut``, ``keep``, or None to take back what was said
    reprocess    since: understand the pages fetched since an instant again
    """

    VISIT = "visit"
    BACKFILL = "backfill"
    MUTE = "mute"
    UNMUTE = "unmute"
    UNSUBSCRIBE = "unsubscribe"
    REJECT = "reject"
    RETRY = "retry"
    RESEND = "resend"
    RENAME_WATCH = "rename_watch"
    RENAME_SOURCE = "rename_source"
    SPLIT = "split"
    LINE_RULE = "line_rule"
    REPROCESS = "reprocess"


# these change tables of the crawl process, which alone may do it while a daemon runs
CRAWL_KINDS = frozenset({RequestKind.SPLIT, RequestKind.LINE_RULE, RequestKind.REPROCESS})

# after these the rows behind the configuration are others, though it says the same: it is put in force anew
RENAMING_KINDS = frozenset({RequestKind.RENAME_WATCH, RequestKind.RENAME_SOURCE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One thing to be done.

    kind       a ``RequestKind``, or a word that only another release knows
    arguments  JSON values by name
    """

    id: int
    kind: str
    arguments: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return what the crawl process is told of it."""
        return {"id": self.id, "kind": str(self.kind), "arguments": self.arguments}

    @classmethod
    def from_json(cls, facts: dict[str, Any]) -> "Request":
        """Read what ``as_json`` wrote."""
        return cls(id=facts["id"], kind=facts["kind"], arguments=facts["arguments"])
