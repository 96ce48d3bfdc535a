"""Status reports: what each covered, so that the next goes on from there; sums of visits; and what they ask often."""

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import MIGRATIONS

_STATEMENTS = (
    """CREATE TABLE status_reports (
        delivery_id INTEGER PRIMARY KEY REFERENCES deliveries (id),
        written_no INTEGER NOT NULL UNIQUE,             -- in the order written, whatever the clock said
        recipient TEXT NOT NULL,
        since TEXT,                                     -- NULL: not known, it is of an earlier release
        until TEXT NOT NULL,
        finish_no INTEGER,                              -- the last visit that had ended; NULL: to be found by the time
        open_counts TEXT NOT NULL DEFAULT '{}'          -- what visits under way had brought by then: run id -> counts
    ) STRICT""",
    "CREATE INDEX status_reports_by_recipient ON status_reports (recipient, written_no)",
    """INSERT INTO status_reports (delivery_id, written_no, recipient, until)
       SELECT id, id, recipient, closed_at FROM deliveries
       WHERE kind IN ('digest', 'receipt') AND series <> 'held' AND closed_at IS NOT NULL""",
    # a week of ten thousand sources is a million visits: a report adds up blocks of a thousand
    """CREATE TABLE run_sums (
        block INTEGER PRIMARY KEY,                      -- finish_no / 1000 of the visits it adds up
        checked INTEGER NOT NULL,
        refused INTEGER NOT NULL,
        failed INTEGER NOT NULL,
        matches INTEGER NOT NULL
    ) STRICT""",
    """INSERT INTO run_sums SELECT finish_no / 1000, sum(new_count + copy_count + revised_count + seen_count),
           sum(refused_count), sum(failed_count), sum(match_count)
       FROM runs WHERE finish_no IS NOT NULL GROUP BY 1""",
    "ALTER TABLE sources ADD COLUMN inactive_since TEXT",
    # the learned rhythm makes a row long: who asks how ten thousand sources stand must not read it
    """CREATE INDEX sources_standing ON sources (is_active, id, name, visited_at, last_success_at, failure_count,
           health, health_since, next_due_at, wanted_at, every_seconds, last_failure_at)""",
    "CREATE INDEX source_events_mended ON source_events (happened_at) WHERE health_before = 'failing'",
    "CREATE INDEX sources_removed ON sources (inactive_since) WHERE is_active = 0",
    "CREATE INDEX runs_by_finished_at ON runs (finished_at, finish_no)",
    "DROP INDEX runs_by_source",
    "CREATE INDEX runs_by_source ON runs (source_id, id, outcome)",
    "CREATE INDEX entries_waiting_since ON entries (first_seen_at, source_id, attempt_count) WHERE state = 'waiting'",
    "CREATE INDEX entries_skipped ON entries (first_seen_at, source_id) WHERE state = 'skipped'",
    "CREATE INDEX entries_unread ON entries (source_id, looked_at) WHERE reason IS NOT NULL",
)


@MIGRATIONS()
def m017_status_reports(database: Database) -> None:
    """Remember what reports covered, and index what they ask."""
    for statement in _STATEMENTS:
        database.execute(statement)
