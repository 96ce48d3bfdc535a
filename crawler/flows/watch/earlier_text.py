"""Whether a watch already held for the text an article had before a revision."""

import sqlite3
from functools import cached_property

from crawler.flows.process.rules import Rules
from crawler.flows.watch.key_index import analyze_announced
from crawler.matching.analysis.analyzer import Document
from crawler.matching.matcher import holds
from crawler.storage.news.article_sources import list_announcers
from crawler.storage.news.stories import list_earlier_revisions
from crawler.storage.watch.keys import find_text


class TextBefore:
    """The text before a revision, read when it is first needed: most matches never need it."""

    def __init__(
        self, connection: sqlite3.Connection, *, article_id: int, revision_id: int, rules: Rules
    ) -> None:
        self._connection = connection
        self._article_id = article_id
        self._revision_id = revision_id
        self._rules = rules

    def held_for(self, watch_id: int) -> bool:
        """Return whether a watch, as it is now, holds for the text before; False if there is none."""
        compiled = self._rules.index.get(watch_id)
        if compiled is None or self._met is None:
            return False
        document, scopes = self._met
        return holds(compiled, document, scopes)

    @cached_property
    def _met(self) -> tuple[Document, frozenset[str]] | None:
        earlier = list_earlier_revisions(
            self._connection, self._article_id, before_id=self._revision_id, limit=1
        )
        row = find_text(self._connection, earlier[0]) if earlier else None
        if row is None:
            return None
        names = [
            one.source
            for one in list_announcers(self._connection, self._article_id)
            if one.revision_id < self._revision_id
        ]
        return analyze_announced(row, names), self._rules.scopes_of([row["source"], *names])
