"""The two schemas: Procrastinate's tables in ``watchword_out``, ours in ``watchword_back``.

Results lie in a schema of their own so that thousands of them, while the home is stopped, do not slow the workers' fetches.
A role needs nothing but the two schemas. Where it may not create them, somebody else does so once:

    CREATE ROLE watchword LOGIN PASSWORD '...';
    CREATE SCHEMA watchword_out AUTHORIZATION watchword;
    CREATE SCHEMA watchword_back AUTHORIZATION watchword;
"""

from typing import LiteralString

OUT, BACK = "watchword_out", "watchword_back"
SEARCH_PATH = f"{OUT},{BACK}"
# of transactions and sessions: the first sets up, the second is the one home
SETUP_LOCK, HOME_LOCK = 5_720_001, 5_720_002
# who comes first creates the schema; IF NOT EXISTS alone wants the right to create it, even if it is there
CREATE_SCHEMAS: LiteralString = """
DO $$ DECLARE one text; BEGIN
    FOREACH one IN ARRAY ARRAY['watchword_out', 'watchword_back'] LOOP
        IF to_regnamespace(one) IS NULL THEN EXECUTE format('CREATE SCHEMA %I', one); END IF;
    END LOOP;
END $$
"""
# to tables of an earlier snapshot; only then, as it wants the rights of their owner
ADD_MISSING_COLUMNS: LiteralString = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'watchword_back.home'::regclass AND attname = 'mark') THEN
        ALTER TABLE watchword_back.home ADD COLUMN mark text;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'watchword_back.workers'::regclass AND attname = 'trouble') THEN
        ALTER TABLE watchword_back.workers ADD COLUMN trouble text NOT NULL DEFAULT '';
    END IF;
END $$
"""
# a million bundles a day pass through tables that hold a few hundred: cleaned after a hundredth has changed, not a fifth.
# Notes and bundles are deflated, so that PostgreSQL need not try to compress them
CREATE_TABLES: LiteralString = """
CREATE TABLE IF NOT EXISTS watchword_back.home (
    is_one boolean PRIMARY KEY DEFAULT true CHECK (is_one),
    version text NOT NULL,
    clock_ahead interval NOT NULL,
    mark text -- written anew by each look of the home: another one is that of a dump, or of another home
);
CREATE TABLE IF NOT EXISTS watchword_back.workers (
    engine_id bigint PRIMARY KEY,
    name text NOT NULL,
    version text NOT NULL,
    places int NOT NULL,
    busy int NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL,
    beat_at timestamptz NOT NULL DEFAULT now(),
    cpu_seconds double precision NOT NULL DEFAULT 0,
    rss_bytes bigint NOT NULL DEFAULT 0,
    trouble text NOT NULL DEFAULT '' -- why it can beat, and exchange nothing else
);
CREATE TABLE IF NOT EXISTS watchword_back.rules (
    key text PRIMARY KEY,
    body bytea NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS watchword_back.notes (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    bundle_id bigint NOT NULL,
    number int NOT NULL,
    body bytea NOT NULL,
    came_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE IF NOT EXISTS watchword_back.given (
    bundle_id bigint,
    number int,
    given_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (bundle_id, number)
);
ALTER TABLE watchword_back.notes ALTER COLUMN body SET STORAGE EXTERNAL;
ALTER TABLE watchword_back.rules ALTER COLUMN body SET STORAGE EXTERNAL;
DO $$ DECLARE one text; BEGIN
    FOREACH one IN ARRAY ARRAY['watchword_out.procrastinate_jobs', 'watchword_out.procrastinate_events',
            'watchword_out.procrastinate_workers', 'watchword_back.notes', 'watchword_back.given', 'watchword_back.workers'] LOOP
        EXECUTE format('ALTER TABLE %s SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.05)', one);
    END LOOP;
    FOREACH one IN ARRAY ARRAY['watchword_out.procrastinate_jobs', 'watchword_back.notes'] LOOP
        EXECUTE format('ALTER TABLE %s SET (toast.autovacuum_vacuum_scale_factor = 0.01)', one);
    END LOOP;
END $$
"""
