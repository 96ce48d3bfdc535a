"""What is handed out to workers on other machines ([cluster]); empty without them."""

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import migration

_CLUSTER = """
CREATE TABLE bundles (                                  -- handed out to a worker and not done yet
    id INTEGER PRIMARY KEY,                             -- never given twice: late notes of an old one must not count
    handed_out_at TEXT NOT NULL,
    rules TEXT NOT NULL,                                -- the key of the published rules its worker uses
    replayed_no INTEGER NOT NULL DEFAULT 0              -- number of the last notes of it that were replayed
) STRICT;
CREATE TABLE tasks (                                    -- a source to be read or a page to be fetched by a worker; settled ones are deleted
    id INTEGER PRIMARY KEY,
    visit_id INTEGER NOT NULL REFERENCES visits (id) ON DELETE CASCADE,
    entry_id INTEGER REFERENCES entries (id) ON DELETE CASCADE, -- NULL: the source itself
    domain TEXT NOT NULL,                               -- whose budget it uses; in one bundle at most
    bundle_id INTEGER REFERENCES bundles (id),          -- that holds it, NULL while it waits
    rank INTEGER NOT NULL,                              -- 0 sources and news, 1 revisits, 2 backfill
    outcome TEXT,                                       -- of a page: how its visit ends
    is_wanted INTEGER NOT NULL DEFAULT 0,               -- a person asked for the visit
    is_baseline INTEGER NOT NULL DEFAULT 0              -- of a page: the first reading of a watched page
) STRICT;
CREATE INDEX tasks_by_bundle ON tasks (bundle_id, visit_id, entry_id);
CREATE INDEX tasks_by_visit ON tasks (visit_id);
CREATE INDEX tasks_by_domain ON tasks (domain, bundle_id);
CREATE INDEX tasks_by_entry ON tasks (entry_id);
CREATE INDEX tasks_waiting ON tasks (rank, id, domain) WHERE bundle_id IS NULL;
CREATE TABLE domain_paces (                             -- how workers asked a domain so far
    domain TEXT PRIMARY KEY,
    crawl_delay_seconds REAL NOT NULL DEFAULT 0,        -- as its robots.txt asks
    latency_seconds REAL NOT NULL DEFAULT 0,            -- of its answers, averaged
    asked_at TEXT,                                      -- when a worker was done with it last
    death_count INTEGER NOT NULL DEFAULT 0,             -- workers that died in a row while they had it
    isolated_at TEXT,                                   -- since when it is handed out no more
    isolated_reason TEXT
) STRICT;
CREATE TABLE handing_out (                              -- one row: whether anything is handed out
    id INTEGER PRIMARY KEY CHECK (id = 1),
    last_bundle_id INTEGER NOT NULL DEFAULT 0,
    drained_at TEXT                                     -- since when nothing is ([cluster] drain), NULL while it is
) STRICT;
INSERT INTO handing_out (id) VALUES (1);
CREATE INDEX domain_paces_isolated ON domain_paces (isolated_at) WHERE isolated_at IS NOT NULL;
"""


@migration
def m007_bundles(database: Database) -> None:
    """Create the tables and the indexes."""
    for statement in _CLUSTER.split(";\n"):
        if statement.strip():
            database.execute(statement)
