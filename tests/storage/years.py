"""A database as after two years of use, made by SQL in moments, with tables of realistic relative sizes."""

import sqlite3

# of two years, spread evenly over the rows of a table
_MINUTES = 1_050_000


def fill_years(connection: sqlite3.Connection, *, articles: int, text_bytes: int = 200) -> None:
    """Fill an empty database with that many articles and what belongs to them, the newest rows as of the end of 2025.

    text_bytes  length of a body; of a page it is ten times that
    """
    years = _Years(connection, articles=articles, text_bytes=text_bytes)
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("BEGIN")
    for part in (
        years.process,
        years.crawl,
        years.pages,
        years.news,
        years.likeness,
        years.watch,
        years.mail,
    ):
        part()
    connection.execute("COMMIT")
    connection.execute("PRAGMA foreign_keys = ON")


class _Years:
    def __init__(self, connection: sqlite3.Connection, *, articles: int, text_bytes: int) -> None:
        self._connection = connection
        self._text = f"hex(zeroblob({text_bytes // 2}))"
        self._page = f"zeroblob({text_bytes * 10})"
        self.articles = articles
        self.sources, self.stories, self.revisions = (
            max(articles // 100, 200),
            articles * 9 // 10,
            articles * 6 // 5,
        )
        self.entries, self.visits, self.matches = articles * 17 // 5, articles * 5, articles // 2
        self.alerts, self.deliveries = articles // 3, articles * 2 // 3

    def _rows(self, table: str, count: int, **columns: str) -> None:
        """Insert rows; each column is an expression over ``i``, from 1 to count, and ``at``, the row's moment."""
        self._connection.execute(
            f"""WITH RECURSIVE series (i, at) AS (
                    SELECT 1, '2024-01-01T00:00:00.000Z' UNION ALL
                    SELECT i + 1, strftime('%Y-%m-%dT%H:%M:%fZ', '2024-01-01', '+' || (i * {_MINUTES} / {count}) || ' minutes')
                    FROM series WHERE i < {count})
                INSERT OR IGNORE INTO {table} ({", ".join(columns)}) SELECT {", ".join(columns.values())} FROM series""",
        )

    def process(self) -> None:
        self._rows("heartbeats", 3, name="'p' || i", pid="i", started_at="at", beat_at="at")
        self._rows("uptimes", 200, started_at="at", last_seen_at="at")
        self._rows(
            "requests",
            self.articles // 20,
            kind="'mute'",
            arguments="'{}'",
            asked_by="'me'",
            asked_at="at",
            done_at=f"iif(i < {self.articles // 20}, at, NULL)",
        )
        self._rows("refused_edits", 3, note="'n'", refused_at="at", ended_at="at")

    def crawl(self) -> None:
        self._rows(
            "sources", self.sources, name="'s' || i", url="'http://s' || i || '.example/rss'", kind="'feed'", domain="'d' || (i / 2)",
            is_active="i % 20 > 0", inactive_since="iif(i % 20 = 0, at, NULL)", next_due_at="'2026-01-01T00:00:00.000Z'",
            publishing_profile="hex(zeroblob(2000))", health="iif(i % 50 = 0, 'failing', 'ok')",
        )  # fmt: skip
        self._rows("source_events", self.sources * 10, source_id=f"i % {self.sources} + 1", happened_at="at", health="'ok'",
            health_before="iif(i % 9 = 0, 'failing', 'quiet')", reason="'r'", delivery_id="i")  # fmt: skip
        self._rows(
            "endpoints",
            self.sources * 2,
            source_id="(i + 1) / 2",
            kind="'feed'",
            url="'u' || i",
            origin="'link'",
            due_at="at",
        )
        self._rows(
            "entries", self.entries, source_id=f"i % {self.sources} + 1", endpoint_id=f"i % {self.sources} * 2 + 1", entry_key="'k' || i", guid="iif(i % 2, 'g' || i, NULL)",
            url="'http://e.example/' || i", announced_url="'http://e.example/' || i", url_key="'e.example/' || i",
            title="'t'", first_seen_at="at", stated_at="at", looked_at="at",
            state=f"CASE WHEN i > {self.entries} - 500 THEN 'waiting' WHEN i % 100 = 0 THEN 'failed' WHEN i % 50 = 0 THEN 'refused' WHEN i % 3 = 0 THEN 'skipped' ELSE 'fetched' END",
            reason="iif(i % 50 = 0, 'no article', NULL)", next_try_at="at",
            article_id="iif(i % 17 < 5, i * 5 / 17 + 1, NULL)", revisit_at="iif(i % 1000 = 0, at, NULL)",
        )  # fmt: skip
        self._rows(
            "visits", self.visits, source_id=f"i % {self.sources} + 1", started_at="at", finished_at=f"iif(i > {self.visits} - 20, NULL, at)",
            finish_no=f"iif(i > {self.visits} - 20, NULL, i)", outcome=f"iif(i > {self.visits} - 20, NULL, iif(i % 30 = 0, 'failed', 'unchanged'))", note="iif(i % 30 = 0, 'broken', NULL)",
        )  # fmt: skip
        self._rows(
            "visit_sums",
            self.visits // 1000 + 1,
            block="i",
            checked="i",
            refused="i",
            failed="i",
            matches="i",
        )
        self._rows(
            "domains",
            50,
            domain="'s' || i || '.example'",
            throttled_until="at",
            throttle_reason="'429'",
        )
        self._rows(
            "robots",
            self.sources,
            origin="'http://s' || i || '.example'",
            fetched_at="at",
            expires_at="at",
            body="''",
        )
        self._connection.execute(
            "UPDATE marks SET value = ? WHERE name = 'visits'", [self.visits - 20]
        )

    def pages(self) -> None:
        count = self.articles // 3
        self._rows(
            "pages", count, entry_id=f"{self.entries} - {count} + i", article_id=f"{self.articles} - {count} + i", url="'http://e.example/' || i",
            requested_url="'http://e.example/' || i", fetched_at="at", content_type="'text/html'", size="1", body=self._page,
        )  # fmt: skip

    def news(self) -> None:
        self._rows(
            "stories",
            self.stories,
            headline="'h' || i",
            first_seen_at="at",
            article_count="1 + (i % 9 = 0)",
            merged_into="iif(i % 500 = 0, i - 1, NULL)",
        )
        self._rows(
            "articles", self.articles, url="'http://e.example/' || i", url_key="'e.example/' || i", source_id=f"i % {self.sources} + 1",
            story_id="i * 9 / 10 + 1", revision_id="i * 6 / 5", headline="'h' || i", language="iif(i % 5, 'en', 'de')", published_at="at",
            published_precision="'minute'", first_seen_at="at", last_seen_at="at", revision_count="1",
        )  # fmt: skip
        self._rows(
            "revisions", self.revisions, article_id="(i * 5 + 5) / 6", visit_id="i", fetched_at="at", fingerprint="hex(i * 7919)", headline="'h' || i",
            body=self._text, word_count="300", language="iif(i % 5, 'en', 'de')", reason="'new'",
        )  # fmt: skip
        self._rows(
            "article_sources",
            self.revisions,
            article_id="(i * 5 + 5) / 6",
            source_id=f"i * 7 % {self.sources} + 1",
            revision_id="i",
            announced_at="at",
        )

    def likeness(self) -> None:
        self._rows(
            "shingles",
            self.articles * 16,
            key="i * 2654435761 % 4294967296",
            article_id="i / 16 + 1",
        )
        self._rows(
            "similarities", self.articles // 3, article_id="i * 3", other_id="i", relation="iif(i % 2, 'same', 'related')", share="0.5", covered="0.5",
            covered_longer="0.5", word_count="300", longer_word_count="300", reason="'r'", measured_at="at",
        )  # fmt: skip
        self._rows(
            "story_rulings", self.articles // 300, article_id="i", other_id="i + 1", ruled_at="at"
        )
        self._rows(
            "boilerplate",
            self.articles // 3,
            host=f"'s' || (i % {self.sources}) || '.example'",
            key="'k' || i",
            line="'l'",
            url_count="i % 40",
            first_seen_at="at",
        )
        self._rows(
            "boilerplate_sightings",
            self.articles * 10,
            host=f"'s' || (i % {self.sources}) || '.example'",
            key=f"'k' || (i % ({self.articles} / 3))",
            url_key="'e.example/' || (i / 10)",
        )
        self._rows(
            "watched_lines",
            self.articles // 50,
            article_id="i / 40 + 1",
            key="'k' || i",
            value="'v'",
            line="'l'",
            read_at="at",
            same_count="1",
            change_count="0",
            is_held="0",
        )
        self._rows(
            "odd_answers",
            200,
            entry_id="i",
            host="'s' || (i % 20) || '.example'",
            asked_key="'a' || i",
            answered_key="'b'",
            title="'t'",
            words="'w'",
            article_id="i",
            fetched_at="at",
        )
        self._rows(
            "withdrawals",
            50,
            source_id="1",
            url="'u'",
            headline="'h'",
            reason="'r'",
            withdrawn_at="at",
            sent_count="1",
            cancelled_count="0",
            last_alert_id="1",
        )

    def watch(self) -> None:
        self._rows("watches", 12, name="'w' || i", query="'drone'", alert="'now'", settings="'{}'")
        self._rows(
            "matches", self.matches, watch_id="i % 12 + 1", revision_id=f"i * {self.revisions} / {self.matches}", article_id=f"i * {self.articles} / {self.matches}",
            story_id=f"i * {self.stories} / {self.matches}", matched_at="at", terms="'[]'", hit_count="1", in_headline="0", snippet="'s'", snippet_marks="'[]'",
        )  # fmt: skip
        self._rows("revision_keys", self.revisions, rowid="i", keys="'drone w' || i")
        self._rows("key_index", 1, id="1", analyzer_version="'1'", complete_from="1")

    def mail(self) -> None:
        last = self.deliveries - 100
        self._rows("alerts", self.alerts, match_id=f"i * {self.matches} / {self.alerts}", watch_id="i % 12 + 1", story_id=f"i * {self.stories} / {self.alerts}",
            revision_id=f"i * {self.revisions} / {self.alerts}", kind="iif(i % 4, 'new', 'update')", raised_at="at")  # fmt: skip
        self._rows(
            "outbox",
            self.alerts,
            alert_id="i",
            recipient="'r' || (i % 6) || '@example.org'",
            queued_at="at",
        )
        self._connection.execute(
            "UPDATE marks SET value = ? WHERE name = 'outbox'", [self.alerts - 5]
        )
        self._rows(
            "withheld",
            300,
            match_id="i",
            recipient="'r1@example.org'",
            kind="'update'",
            reason="'limit'",
            withheld_at="at",
            due_at="iif(i % 3, at, NULL)",
        )
        self._rows(
            "deliveries", self.deliveries, kind="CASE i % 9 WHEN 0 THEN 'digest' WHEN 1 THEN 'status report' ELSE 'alert' END", recipient="'r' || (i % 6) || '@example.org'",
            series="iif(i % 9, '', 'watch:w' || (i % 12))", message_id="'<' || i || '@x>'", created_at="at", due_at="at", sealed_at=f"iif(i > {last}, NULL, at)",
            state=f"CASE WHEN i > {last} THEN 'pending' WHEN i % 1000 = 0 THEN 'dead' ELSE 'sent' END", next_try_at="at", sent_at="at",
        )  # fmt: skip
        self._rows(
            "delivery_alerts",
            self.alerts,
            delivery_id=f"i * {self.deliveries} / {self.alerts}",
            alert_id="i",
            left_out="iif(i % 200, NULL, 'muted')",
            left_out_at="iif(i % 200, NULL, at)",
        )
        self._rows(
            "attempts",
            self.deliveries,
            delivery_id="i",
            attempted_at="at",
            outcome="'sent'",
            answer="'250'",
        )
        self._rows(
            "recipients",
            6,
            recipient="'r' || (i % 6) || '@example.org'",
            first_named_at="at",
            report_plan="''",
            next_report_at="at",
        )
        self._rows(
            "status_reports",
            self.deliveries // 9,
            delivery_id="i * 9 + 1",
            written_no="i",
            recipient="'r' || (i % 6) || '@example.org'",
            since="at",
            until="at",
            finish_no="i",
        )
        self._rows("mutes", 9, watch_id="i", created_at="at")
        self._rows("rejections", self.alerts // 100, alert_id="i", rejected_at="at")
