"""Who asks for a page, and what they may see: decided once, for every path."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

# Datasette's name of whoever has its login link; a password gives the same rights
OWNER_ID = "root"
# how the owner is called in ``story_marks`` and on pages
OWNER_NAME = "owner"


class Openness(StrEnum):
    """Who may read without having signed in.

    LOCAL   everybody on this machine may read what is no secret; the server listens on loopback only
    CLOSED  nobody
    PUBLIC  everybody, but nothing that shows what is watched or who was alerted
    """

    LOCAL = "local"
    CLOSED = "closed"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who asks for a page.

    name         the reader's name; empty for somebody who has not signed in
    is_owner     sees recipients, messages and SQL
    sees_alerts  sees watches, matches and alerts
    """

    name: str = ""
    is_owner: bool = False
    sees_alerts: bool = False

    @property
    def may_write(self) -> bool:
        """Return whether the visitor may star, mute and change things."""
        return bool(self.name)


def find_visitor(actor: Mapping[str, Any] | None, openness: Openness) -> Visitor:
    """Return the visitor for Datasette's actor, None for somebody who has not signed in."""
    if not actor:
        return Visitor(sees_alerts=openness is Openness.LOCAL)
    if actor.get("id") == OWNER_ID:
        name = str(actor.get("reader") or OWNER_NAME)
        return Visitor(name=name, is_owner=True, sees_alerts=True)
    return Visitor(name=str(actor.get("id")), sees_alerts=True)
