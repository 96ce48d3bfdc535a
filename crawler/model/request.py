"""A person's request to the daemon: one row of table ``requests``."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class RequestKind(StrEnum):
    """The kinds of requests, with their arguments.

    visit        sources: names of sources that are to be visited now
    backfill     source, since: read a source back to an instant
    mute         watch, story, source, recipient, until: the last four may be None
    unmute       watch, mute: the row of one mute, or None or absent for all mutes of the watch
    unsubscribe  delivery, alert, action: what the reader of a message pressed, see ``flows.actions``; alert 0: the whole message
    reject       alerts: ids of alerts that were not what somebody meant
    retry        alerts: ids of alerts whose dead messages are to be tried again; None for every dead message
    resend       alert, recipients
    rename_watch, rename_source   old, new: names; what belongs to the old one stays with it
    split        story, articles
    line_rule    source, line, ruling: ``cut``, ``keep``, or None to take a ruling back
    reprocess    since: understand pages fetched since an instant again
    save_watch   name, query, before: give a watch this query, or add it; ``before`` is the query it had when somebody changed it,
                 None for a new watch
    save_source  name, url, paused: add a source, or with an empty ``url`` pause it or go on with it
    test_mail    recipient: send one of those the configuration names a message that says it is a test
    cluster_retry  domains: names of domains that may be handed out to workers again; None for every isolated one
    cluster_drain  is_on: hand nothing out to workers from now on, or go on with it
    star, read   reader, stories, is_on: a reader of the web pages starred stories or marked them as read, or took it back
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
    SAVE_WATCH = "save_watch"
    SAVE_SOURCE = "save_source"
    TEST_MAIL = "test_mail"
    CLUSTER_RETRY = "cluster_retry"
    CLUSTER_DRAIN = "cluster_drain"
    STAR = "star"
    READ = "read"


# these change tables of the crawl process, which alone writes them while a daemon runs (decision 021)
CLUSTER_KINDS = frozenset({RequestKind.CLUSTER_RETRY, RequestKind.CLUSTER_DRAIN})
CRAWL_KINDS = CLUSTER_KINDS | {RequestKind.SPLIT, RequestKind.LINE_RULE, RequestKind.REPROCESS}

# these edit the configuration's files; the daemon takes up the change as one by hand
EDIT_KINDS = frozenset({RequestKind.SAVE_WATCH, RequestKind.SAVE_SOURCE})
# these are done outside of the database, by a running daemon only
OUTSIDE_KINDS = EDIT_KINDS | {RequestKind.TEST_MAIL}

# after these an unchanged configuration refers to other rows, so it is put in force again
RENAMING_KINDS = frozenset({RequestKind.RENAME_WATCH, RequestKind.RENAME_SOURCE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request.

    kind       a ``RequestKind``, or a word that only another release knows: it is refused with a sentence
    arguments  JSON values by name
    """

    id: int
    kind: str
    arguments: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return the form in which it is sent to the crawl process."""
        return {"id": self.id, "kind": str(self.kind), "arguments": self.arguments}

    @classmethod
    def from_json(cls, facts: dict[str, Any]) -> "Request":
        """Return a request from what ``as_json`` returned."""
        return cls(id=facts["id"], kind=facts["kind"], arguments=facts["arguments"])
