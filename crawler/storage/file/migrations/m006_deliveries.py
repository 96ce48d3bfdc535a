"""Letters that hold several alerts: digests, receipts and notices; recipients, mutes, rejections, and when nothing ran."""

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import MIGRATIONS

_STATEMENTS = (
    # attempts and what was sent point at rows that are gone for the length of this transaction
    "PRAGMA defer_foreign_keys = ON",
    "CREATE TEMP TABLE old_alerts AS SELECT * FROM alerts",
    "CREATE TEMP TABLE old_deliveries AS SELECT * FROM deliveries",
    "DROP TABLE deliveries",
    "DROP TABLE alerts",
    """CREATE TABLE alerts (
        id INTEGER PRIMARY KEY,
        match_id INTEGER NOT NULL REFERENCES matches (id),
        revision_id INTEGER NOT NULL REFERENCES revisions (id), -- the text it tells of
        watch_id INTEGER NOT NULL REFERENCES watches (id),
        story_id INTEGER NOT NULL REFERENCES stories (id),
        kind TEXT NOT NULL,                             -- new, update, headline, gone
        raised_at TEXT NOT NULL
    ) STRICT""",
    "CREATE UNIQUE INDEX alerts_once_a_story ON alerts (watch_id, story_id) WHERE kind = 'new'",
    "CREATE UNIQUE INDEX alerts_once_gone ON alerts (match_id) WHERE kind = 'gone'",
    "CREATE INDEX alerts_by_story ON alerts (watch_id, story_id)",
    "CREATE INDEX alerts_by_match ON alerts (match_id)",
    """CREATE TABLE deliveries (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,                             -- alert, digest, receipt, notice
        recipient TEXT NOT NULL,                        -- a mail address, or the name of a channel
        series TEXT NOT NULL DEFAULT '',                -- what a digest gathers: watch, group, held; empty for one alert
        message_id TEXT NOT NULL UNIQUE,
        made_at TEXT NOT NULL,
        due_at TEXT NOT NULL,                           -- when it was first to leave
        closed_at TEXT,                                 -- since when nothing joins it: it was taken in hand once
        state TEXT NOT NULL DEFAULT 'owed',             -- owed, sent, dead
        attempt_count INTEGER NOT NULL DEFAULT 0,
        next_try_at TEXT NOT NULL,
        lease_until TEXT,
        sent_at TEXT,
        answer TEXT                                     -- the server's last word, or the Maildir file
    ) STRICT""",
    "CREATE INDEX deliveries_owed ON deliveries (next_try_at) WHERE state = 'owed'",
    "CREATE INDEX deliveries_by_recipient ON deliveries (recipient, made_at)",
    """CREATE TABLE delivery_alerts (
        delivery_id INTEGER NOT NULL REFERENCES deliveries (id),
        alert_id INTEGER NOT NULL REFERENCES alerts (id),
        PRIMARY KEY (delivery_id, alert_id)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX delivery_alerts_by_alert ON delivery_alerts (alert_id)",
    """INSERT INTO alerts (id, match_id, revision_id, watch_id, story_id, kind, raised_at)
       SELECT old.id, match_id, matches.revision_id, old.watch_id, old.story_id, kind, raised_at
       FROM temp.old_alerts AS old JOIN matches ON matches.id = match_id""",
    """INSERT INTO deliveries (id, kind, recipient, message_id, made_at, due_at, closed_at, state, attempt_count,
           next_try_at, lease_until, sent_at, answer)
       SELECT old.id, 'alert', recipient, message_id, raised_at, coalesce(due_at, raised_at),
           iif(state = 'owed' AND attempt_count = 0, NULL, raised_at), state, attempt_count, next_try_at, lease_until,
           sent_at, answer
       FROM temp.old_deliveries AS old JOIN alerts ON alerts.id = alert_id""",
    "INSERT INTO delivery_alerts SELECT id, alert_id FROM temp.old_deliveries",
    "DROP TABLE temp.old_alerts",
    "DROP TABLE temp.old_deliveries",
    """CREATE TABLE recipients (
        recipient TEXT PRIMARY KEY,
        first_named_at TEXT NOT NULL,
        receipt_plan TEXT NOT NULL,                     -- hours and zone next_receipt_at was worked out from
        next_receipt_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE mutes (
        id INTEGER PRIMARY KEY,
        recipient TEXT,                                 -- NULL: whoever it is
        watch_id INTEGER NOT NULL REFERENCES watches (id),
        story_id INTEGER REFERENCES stories (id),       -- NULL: every story
        source_id INTEGER REFERENCES sources (id),      -- NULL: every source
        until TEXT,                                     -- NULL: for good
        made_at TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX mutes_by_watch ON mutes (watch_id)",
    """CREATE TABLE rejections (
        alert_id INTEGER PRIMARY KEY REFERENCES alerts (id),
        rejected_at TEXT NOT NULL                       -- when somebody said: not what I meant
    ) STRICT""",
    """CREATE TABLE uptimes (
        id INTEGER PRIMARY KEY,
        started_at TEXT NOT NULL,
        last_seen_at TEXT NOT NULL
    ) STRICT""",
    "ALTER TABLE source_events ADD COLUMN delivery_id INTEGER REFERENCES deliveries (id)",
    "CREATE INDEX source_events_untold ON source_events (happened_at) WHERE delivery_id IS NULL",
    "CREATE INDEX source_events_by_delivery ON source_events (delivery_id) WHERE delivery_id IS NOT NULL",
    "ALTER TABLE entries ADD COLUMN is_backfill INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX runs_by_started_at ON runs (started_at)",
)


@MIGRATIONS()
def m006_deliveries(database: Database) -> None:
    """Let a delivery hold several alerts, and an alert tell of a changed headline or a page that is gone."""
    for statement in _STATEMENTS:
        database.execute(statement)
