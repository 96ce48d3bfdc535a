"""The first schema, station by station: process, crawl, news, watch, mail.

Instants are UTC text as ``database.to_text`` writes it (milliseconds, so that text order is time order), truth values 0 or 1,
lists and records JSON. NULL means unknown or not yet, unless a comment says more. Counts of "in a row" start again at 0 when
the row is broken. Tables are STRICT: SQLite would otherwise store a text in a column of numbers without a word. A column that
may be long comes last: SQLite reads through it to reach those after it. An index is there for a query that would read a table whole;
``tests/storage/test_query_plans.py`` holds them to it.
"""

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import migration

_PROCESS = """
CREATE TABLE heartbeats (                               -- signs of life, one row a process
    name TEXT PRIMARY KEY,                              -- daemon, crawl process, mailbox, or crawl
    pid INTEGER NOT NULL,                               -- its process number
    started_at TEXT NOT NULL,
    beat_at TEXT NOT NULL,                              -- its last sign of life
    note TEXT NOT NULL DEFAULT ''                       -- what it is doing, or what keeps it from that
) STRICT;
CREATE TABLE uptimes (                                  -- when the daemon ran; status reports list the breaks between
    id INTEGER PRIMARY KEY,
    started_at TEXT NOT NULL,
    last_seen_at TEXT NOT NULL
) STRICT;
CREATE TABLE marks (                                    -- how far the daemon has come with what it does in order
    name TEXT PRIMARY KEY,                              -- visits, outbox, told_until_ms, or a mailbox with its UIDVALIDITY
    value INTEGER NOT NULL                              -- number of the last row that is done, or a moment in ms since 1970
) STRICT, WITHOUT ROWID;
INSERT INTO marks (name, value) VALUES ('visits', 0), ('outbox', 0);
CREATE TABLE requests (                                 -- what people ask of the daemon
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,                                 -- visit, backfill, mute, retry and so on: model.request
    arguments TEXT NOT NULL CHECK (json_valid(arguments) AND json_type(arguments) = 'object'),
    asked_by TEXT NOT NULL,                             -- a user of the command line, or the reader of a message
    asked_at TEXT NOT NULL,
    taken_at TEXT,                                      -- when the daemon took it up
    done_at TEXT,                                       -- when it was answered
    is_done INTEGER,                                    -- 1 done, 0 refused; NULL while there is no answer
    answer TEXT                                         -- one sentence for the person who asked
) STRICT;
CREATE INDEX requests_open ON requests (id) WHERE done_at IS NULL;
-- whether what a mail asks for was asked already: for every mail in the mailbox
CREATE INDEX requests_by_mail ON requests (json_extract(arguments, '$.mail')) WHERE kind = 'unsubscribe';
CREATE TABLE refused_edits (                            -- edits of the configuration that the running daemon refused
    id INTEGER PRIMARY KEY,
    note TEXT NOT NULL,                                 -- why it is not in force, without quoting it
    refused_at TEXT NOT NULL,                           -- when it was first found so
    ended_at TEXT,                                      -- when an edit was in force, or this one was taken back
    delivery_id INTEGER REFERENCES deliveries (id)      -- the notice that reported it to the admin
) STRICT;
"""

_CRAWL = """
CREATE TABLE sources (                                  -- what is visited, a row for each [[source]] that was ever configured
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,                          -- as in the configuration
    next_name TEXT,                                     -- asked for by `source rename`, until the configuration has it too
    merged_into INTEGER REFERENCES sources (id),        -- the row that has this one's name and history now
    url TEXT NOT NULL,
    kind TEXT NOT NULL,                                 -- auto, feed, sitemap, section, page
    version TEXT NOT NULL DEFAULT '',                   -- hash of url and kind: what was read under another does not count
    domain TEXT NOT NULL DEFAULT '',                    -- registrable domain, or host and port: shares one budget
    tags TEXT NOT NULL DEFAULT '[]',
    is_active INTEGER NOT NULL DEFAULT 1,               -- 0: paused, or no longer in the configuration
    inactive_since TEXT,                                -- NULL while it is active
    next_due_at TEXT,                                   -- NULL: being visited, or waiting to be planned
    wanted_at TEXT,                                     -- when a person last asked for a visit
    backfill_from TEXT,                                 -- a person asked for everything published since then
    every_seconds REAL,                                 -- time between two visits at present
    discovered_at TEXT,                                 -- when its endpoints were last looked for
    visited_at TEXT,                                    -- first visit that succeeded
    last_success_at TEXT,
    failure_count INTEGER NOT NULL DEFAULT 0,           -- failed visits in a row
    last_failure TEXT,                                  -- why the last one failed
    last_failure_at TEXT,
    health TEXT NOT NULL DEFAULT 'new',                 -- new, ok, failing, quiet, degraded
    health_since TEXT,
    health_reason TEXT,
    article_count INTEGER NOT NULL DEFAULT 0,           -- articles it brought before any other source
    publishing_profile TEXT                             -- when it publishes, by hour of the week, as learned
) STRICT;
CREATE INDEX sources_by_due ON sources (next_due_at) WHERE is_active = 1;
CREATE INDEX sources_by_domain ON sources (domain);
CREATE INDEX sources_removed ON sources (inactive_since) WHERE is_active = 0;
-- the publishing profile makes a row long: the standing of ten thousand sources is read from here, 2 MB in place of 60
CREATE INDEX sources_standing ON sources (is_active, id, name, visited_at, last_success_at, failure_count,
    health, health_since, next_due_at, wanted_at, every_seconds, last_failure_at);
CREATE TABLE source_events (                            -- changes of sources' health
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES sources (id),
    happened_at TEXT NOT NULL,
    health TEXT NOT NULL,                               -- from then on
    health_before TEXT NOT NULL,
    reason TEXT NOT NULL,
    delivery_id INTEGER REFERENCES deliveries (id)      -- the notice that reported it to the admin
) STRICT;
CREATE INDEX source_events_by_source ON source_events (source_id, id);
CREATE INDEX source_events_by_delivery ON source_events (delivery_id) WHERE delivery_id IS NOT NULL;
CREATE INDEX source_events_unreported ON source_events (happened_at) WHERE delivery_id IS NULL;
CREATE INDEX source_events_mended ON source_events (happened_at) WHERE health_before = 'failing';
CREATE TABLE endpoints (                                -- the addresses a source is read at
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES sources (id),
    version TEXT NOT NULL DEFAULT '',                   -- of the source; one of an earlier version is not read
    kind TEXT NOT NULL,                                 -- feed, sitemap, section, page
    url TEXT NOT NULL,
    origin TEXT NOT NULL,                               -- stated, home page, link, anchor, robots.txt, well-known path
    is_active INTEGER NOT NULL DEFAULT 1,
    pattern TEXT,                                       -- shape of article addresses on a section page
    due_at TEXT,                                        -- NULL: read at each visit
    wait_seconds REAL,                                  -- how long one that brings nothing of its own is left alone
    pause_seconds REAL,                                 -- how long its last answer asked to be left alone
    etag TEXT,                                          -- these three: whether it has changed since
    last_modified TEXT,
    body_hash TEXT,
    read_at TEXT,                                       -- first visit that read it
    read_in_full_at TEXT,                               -- last answer that was not a 304
    last_success_at TEXT,
    failure_count INTEGER NOT NULL DEFAULT 0,           -- failed visits in a row
    last_failure TEXT,
    found_count INTEGER NOT NULL DEFAULT 0,             -- articles it announced
    first_count INTEGER NOT NULL DEFAULT 0,             -- articles it announced before every other endpoint
    seen_keys BLOB NOT NULL DEFAULT x'',                -- keys of the entries of the last visit, 8 bytes each
    UNIQUE (source_id, kind, url)
) STRICT;
CREATE TABLE entries (                                  -- what feeds, sitemaps and pages announced
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES sources (id),
    endpoint_id INTEGER REFERENCES endpoints (id),      -- the one that announced it first
    entry_key TEXT NOT NULL,                            -- identifies it among the source's entries: url_key, or its guid where several share a page
    guid TEXT,                                          -- the feed's own identifier
    url TEXT NOT NULL DEFAULT '',                       -- canonical
    announced_url TEXT NOT NULL,
    url_key TEXT,                                       -- what all spellings of its address share
    is_shared INTEGER NOT NULL DEFAULT 0,               -- 1: other entries have the same page, or it has none
    title TEXT NOT NULL DEFAULT '',
    language TEXT,                                      -- what its feed claims
    stated_at TEXT,                                     -- publication the feed states
    updated_at TEXT,                                    -- last change the feed states
    first_seen_at TEXT NOT NULL,
    is_backfill INTEGER NOT NULL DEFAULT 0,             -- 1: of a first visit or a look back; its alerts are gathered
    state TEXT NOT NULL,                                -- skipped, waiting, fetched, refused, failed
    reason TEXT,                                        -- why it was refused or failed
    attempt_count INTEGER NOT NULL DEFAULT 0,
    interrupted_count INTEGER NOT NULL DEFAULT 0,       -- times that reading its page was cut off, so that it is read alone in the end
    next_try_at TEXT,
    held_until TEXT,                                    -- until then its site asked to be left alone
    article_id INTEGER REFERENCES articles (id),        -- what it became
    looked_at TEXT,                                     -- last look at its page
    revisit_at TEXT,                                    -- when its article is looked at again for changes
    vain_count INTEGER NOT NULL DEFAULT 0,              -- looks in a row that found nothing new
    unread_since TEXT,                                  -- since when its page could not be read
    missing_since TEXT,                                 -- since when the page of a known article answers 404
    text TEXT NOT NULL DEFAULT '',                      -- the feed's own words; emptied once its page was read
    UNIQUE (source_id, entry_key)
) STRICT;
CREATE INDEX entries_by_key ON entries (source_id, url_key);
CREATE INDEX entries_by_guid ON entries (source_id, guid) WHERE guid IS NOT NULL;
CREATE INDEX entries_by_article ON entries (article_id) WHERE article_id IS NOT NULL;
CREATE INDEX entries_by_first_seen ON entries (source_id, first_seen_at);
CREATE INDEX entries_waiting ON entries (source_id, next_try_at) WHERE state = 'waiting';
CREATE INDEX entries_waiting_since ON entries (first_seen_at, source_id, attempt_count) WHERE state = 'waiting';
CREATE INDEX entries_skipped ON entries (first_seen_at, source_id) WHERE state = 'skipped';
CREATE INDEX entries_failed ON entries (source_id) WHERE state = 'failed';
CREATE INDEX entries_lost ON entries (source_id, state, reason) WHERE state IN ('refused', 'failed');
CREATE INDEX entries_held ON entries (held_until) WHERE held_until IS NOT NULL;
CREATE INDEX entries_unread ON entries (source_id, looked_at) WHERE reason IS NOT NULL;
CREATE INDEX entries_to_revisit ON entries (source_id, revisit_at) WHERE revisit_at IS NOT NULL;
CREATE TABLE visits (                                   -- visits to sources: claimed, under way and ended
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES sources (id),
    version TEXT NOT NULL DEFAULT '',                   -- of the source, when the visit began
    started_at TEXT NOT NULL,
    lease_until TEXT,                                   -- how long it may last; NULL once it has ended
    read_at TEXT,                                       -- when the source had been read
    searched_at TEXT,                                   -- when endpoints of the source were looked for
    backfill_from TEXT,                                 -- it looks back to then
    finished_at TEXT,
    finish_no INTEGER,                                  -- in the order in which visits ended, whatever the clock said
    outcome TEXT,                                       -- ok, unchanged, failed, interrupted
    http_status INTEGER,                                -- the source's answer
    note TEXT,                                          -- why it failed, or what was left out
    is_rollover INTEGER NOT NULL DEFAULT 0,             -- 1: a feed listed nothing of what it had listed before
    is_refused INTEGER NOT NULL DEFAULT 0,              -- 1: failed in a way that trying again soon cannot change
    listed_count INTEGER NOT NULL DEFAULT 0,            -- entries its feeds listed, taken or not
    found_count INTEGER NOT NULL DEFAULT 0,             -- entries of all endpoints that were taken
    announced_count INTEGER NOT NULL DEFAULT 0,         -- entries never seen before
    new_count INTEGER NOT NULL DEFAULT 0,               -- pages that became new articles
    copy_count INTEGER NOT NULL DEFAULT 0,              -- pages whose text was known from another address
    revised_count INTEGER NOT NULL DEFAULT 0,           -- articles whose text had changed
    seen_count INTEGER NOT NULL DEFAULT 0,              -- pages that said nothing new
    refused_count INTEGER NOT NULL DEFAULT 0,           -- pages that are no articles
    failed_count INTEGER NOT NULL DEFAULT 0,            -- pages that could not be had
    match_count INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX visits_by_source ON visits (source_id, id, outcome);
CREATE INDEX visits_open ON visits (source_id) WHERE finished_at IS NULL;
CREATE INDEX visits_by_started_at ON visits (started_at);
CREATE INDEX visits_by_finished_at ON visits (finished_at, finish_no);
CREATE UNIQUE INDEX visits_by_finish ON visits (finish_no) WHERE finish_no IS NOT NULL;
-- a week of ten thousand sources is a million visits: a status report adds up blocks of a thousand
CREATE TABLE visit_sums (
    block INTEGER PRIMARY KEY,                          -- finish_no / 1000 of the visits it adds up
    checked INTEGER NOT NULL,                           -- pages read and understood
    refused INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    matches INTEGER NOT NULL
) STRICT;
CREATE TABLE domains (                                  -- hosts that asked to be left alone
    domain TEXT PRIMARY KEY,                            -- the host, with its port where that is unusual
    throttled_until TEXT,                               -- nothing of it is asked for before
    throttle_reason TEXT,
    refusal_count INTEGER NOT NULL DEFAULT 0            -- answers 429 or 503 in a row
) STRICT;
CREATE TABLE robots (                                   -- robots.txt as last answered
    origin TEXT PRIMARY KEY,                            -- scheme, host and port
    fetched_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    http_status INTEGER,
    body TEXT NOT NULL,
    refusal TEXT                                        -- why nothing may be fetched for now; NULL where it was read
) STRICT;
CREATE TABLE pages (                                    -- pages as they were fetched, kept for a while
    id INTEGER PRIMARY KEY,
    entry_id INTEGER NOT NULL REFERENCES entries (id),
    article_id INTEGER REFERENCES articles (id),        -- NULL: no article was understood from it
    url TEXT NOT NULL,                                  -- after redirects
    requested_url TEXT NOT NULL,
    fetched_at TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size INTEGER NOT NULL,                              -- bytes before compression
    body BLOB NOT NULL                                  -- zstd
) STRICT;
CREATE INDEX pages_by_article ON pages (article_id);
CREATE INDEX pages_by_entry ON pages (entry_id);
CREATE INDEX pages_by_fetched_at ON pages (fetched_at);
CREATE INDEX pages_by_url ON pages (url);
CREATE INDEX pages_by_requested_url ON pages (requested_url);
"""

_NEWS = """
CREATE TABLE stories (                                  -- the same text at several outlets is one story
    id INTEGER PRIMARY KEY,
    headline TEXT NOT NULL,                             -- of its first article
    first_seen_at TEXT NOT NULL,
    article_count INTEGER NOT NULL DEFAULT 0,
    merged_into INTEGER REFERENCES stories (id),        -- the story it turned out to be
    merged_at TEXT,
    merge_reason TEXT
) STRICT;
CREATE INDEX stories_merged ON stories (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX stories_by_first_seen ON stories (first_seen_at, id);
CREATE TABLE articles (                                 -- news items understood from pages, one an address
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,                           -- canonical
    url_key TEXT,                                       -- what all spellings of its address share; NULL once withdrawn
    source_id INTEGER NOT NULL REFERENCES sources (id), -- the one that brought it first
    story_id INTEGER NOT NULL REFERENCES stories (id),
    revision_id INTEGER REFERENCES revisions (id),      -- the current text; NULL only until that is stored
    revision_count INTEGER NOT NULL DEFAULT 0,
    headline TEXT NOT NULL,
    byline TEXT,
    is_agency INTEGER NOT NULL DEFAULT 0,               -- 1: the byline credits an agency
    section TEXT,
    tags TEXT NOT NULL DEFAULT '[]',
    language TEXT NOT NULL,                             -- ISO 639-1
    image_url TEXT,
    is_teaser INTEGER NOT NULL DEFAULT 0,               -- 1: only the beginning is shown to those who do not pay
    published_at TEXT,
    published_precision TEXT,                           -- minute, hour, day
    published_zone TEXT,                                -- the zone it was stated in
    published_evidence TEXT,                            -- the words it was read from
    published_origin TEXT,                              -- json-ld, meta, time, relative, feed, guess
    published_confidence TEXT,                          -- stated, derived, guessed
    first_seen_at TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,
    gone_at TEXT,                                       -- since when its page is no longer there
    gone_status INTEGER,                                -- 404 or 410
    withdrawn_at TEXT                                   -- when it turned out to be a wall after an alert had been sent
) STRICT;
CREATE UNIQUE INDEX articles_by_key ON articles (url_key);
CREATE INDEX articles_by_source ON articles (source_id);
CREATE INDEX articles_by_story ON articles (story_id);
CREATE INDEX articles_by_first_seen ON articles (first_seen_at);
CREATE TABLE revisions (                                -- every distinct text an article has had
    id INTEGER PRIMARY KEY,
    article_id INTEGER NOT NULL REFERENCES articles (id),
    visit_id INTEGER NOT NULL REFERENCES visits (id),   -- the visit that brought it
    fetched_at TEXT NOT NULL,
    fingerprint TEXT NOT NULL,                          -- blake2b-128 of its normalised words
    headline TEXT NOT NULL,
    word_count INTEGER NOT NULL,
    language TEXT,                                      -- ISO 639-1
    from_feed TEXT,                                     -- why the text is the feed's; NULL: it is the page's
    reason TEXT NOT NULL,                               -- why dedup judged it so
    body TEXT NOT NULL,
    diff TEXT                                           -- what changed since the text before; NULL for the first
) STRICT;
CREATE INDEX revisions_by_article ON revisions (article_id);
CREATE INDEX revisions_by_fingerprint ON revisions (fingerprint);
CREATE INDEX revisions_by_fetched_at ON revisions (fetched_at, article_id, language);
CREATE TABLE article_sources (                          -- every source that announced an article
    id INTEGER PRIMARY KEY,                             -- in the order in which they announced it
    article_id INTEGER NOT NULL REFERENCES articles (id),
    source_id INTEGER NOT NULL REFERENCES sources (id),
    revision_id INTEGER NOT NULL,                       -- its text at that time, which may be deleted since
    announced_at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX article_sources_once ON article_sources (article_id, source_id);
CREATE INDEX article_sources_by_source ON article_sources (source_id);
CREATE VIEW article_texts AS
    SELECT articles.id AS id, revisions.headline AS headline, revisions.body AS body
    FROM articles JOIN revisions ON revisions.id = articles.revision_id;
-- what `article list --search` and the search box of the web pages ask; the texts stay in revisions
CREATE VIRTUAL TABLE articles_fts USING fts5 (
    headline, body, content = 'article_texts', content_rowid = 'id', tokenize = 'porter unicode61'
);
CREATE TABLE shingles (                                 -- numbers by which near-duplicates are found
    key INTEGER NOT NULL,                               -- one of at most 16 numbers that stand for a text
    article_id INTEGER NOT NULL,
    PRIMARY KEY (key, article_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX shingles_by_article ON shingles (article_id);
CREATE TABLE similarities (                             -- what two articles share, measured word by word
    article_id INTEGER NOT NULL REFERENCES articles (id), -- the one that came, or changed, later
    other_id INTEGER NOT NULL REFERENCES articles (id),
    relation TEXT NOT NULL,                             -- same, related
    share REAL NOT NULL,                                -- of the shorter text's phrases, those in the longer one
    covered REAL NOT NULL,                              -- of the shorter text's words, those in a shared phrase
    covered_longer REAL NOT NULL,                       -- of the longer text's words
    word_count INTEGER NOT NULL,                        -- of the shorter text
    longer_word_count INTEGER NOT NULL,
    reason TEXT NOT NULL,                               -- the same in words
    measured_at TEXT NOT NULL,
    PRIMARY KEY (article_id, other_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX similarities_by_other ON similarities (other_id);
CREATE TABLE story_rulings (                            -- articles that a person ruled not to be one story
    article_id INTEGER NOT NULL REFERENCES articles (id),
    other_id INTEGER NOT NULL REFERENCES articles (id),
    ruled_at TEXT NOT NULL,
    PRIMARY KEY (article_id, other_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX story_rulings_by_other ON story_rulings (other_id);
CREATE TABLE boilerplate (                              -- lines that are on several pages of a site
    host TEXT NOT NULL,
    key TEXT NOT NULL,                                  -- letters and digits of the line, case folded
    line TEXT NOT NULL,
    url_count INTEGER NOT NULL DEFAULT 0,               -- addresses it was seen at
    ruling TEXT,                                        -- what a person says: cut or keep; NULL: nothing
    first_seen_at TEXT NOT NULL,
    PRIMARY KEY (host, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE boilerplate_sightings (                    -- at which addresses, so that none counts twice
    host TEXT NOT NULL,
    key TEXT NOT NULL,
    url_key TEXT NOT NULL,
    PRIMARY KEY (host, key, url_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX boilerplate_sightings_by_page ON boilerplate_sightings (url_key);
CREATE TABLE watched_lines (                            -- lines of watched pages: a counter is not news
    article_id INTEGER NOT NULL REFERENCES articles (id),
    key TEXT NOT NULL,                                  -- its place: what it says but for digits, or its neighbours
    value TEXT NOT NULL,                                -- stands for its words at the last visit
    line TEXT NOT NULL,                                 -- its beginning
    read_at TEXT NOT NULL,
    same_count INTEGER NOT NULL,                        -- visits in a row at which it said the same
    change_count INTEGER NOT NULL,                      -- visits in a row at which it had changed
    is_held INTEGER NOT NULL,                           -- 1: it changes by itself, and is left out of what is compared
    PRIMARY KEY (article_id, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE odd_answers (                              -- pages of the last day that did not fit what was announced
    entry_id INTEGER PRIMARY KEY REFERENCES entries (id),
    host TEXT NOT NULL,
    asked_key TEXT NOT NULL,                            -- key of the address asked for
    answered_key TEXT NOT NULL,                         -- key of the address that answered
    title TEXT NOT NULL,                                -- as announced
    words TEXT NOT NULL,                                -- the first words of its text, each once, without numbers
    article_id INTEGER REFERENCES articles (id),        -- what it was stored as; NULL: it was not
    fetched_at TEXT NOT NULL
) STRICT;
CREATE INDEX odd_answers_by_host ON odd_answers (host, fetched_at);
CREATE INDEX odd_answers_by_article ON odd_answers (article_id);
CREATE TABLE withdrawals (                              -- articles that turned out to be walls and were taken back
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES sources (id),
    url TEXT NOT NULL,                                  -- text and not a reference: the article may be deleted
    headline TEXT NOT NULL,
    reason TEXT NOT NULL,
    withdrawn_at TEXT NOT NULL,
    sent_count INTEGER NOT NULL,                        -- alerts that had left by then
    cancelled_count INTEGER NOT NULL,                   -- alerts that had not
    last_alert_id INTEGER NOT NULL                      -- no later alert gets this number or a smaller one
) STRICT;
"""

_WATCH = """
CREATE TABLE watches (                                  -- what is watched, a row for each [[watch]] that was ever configured
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,                          -- as in the configuration
    next_name TEXT,                                     -- asked for by `watch rename`, until the configuration has it too
    thread_name TEXT,                                   -- its first name, by which mail programs thread messages; NULL: unchanged
    merged_into INTEGER REFERENCES watches (id),        -- the row that has this one's name and history now
    query TEXT NOT NULL,
    sources TEXT NOT NULL DEFAULT '[]',                 -- names or tags it is limited to; empty: all
    alert TEXT NOT NULL,                                -- now, digest, none
    is_active INTEGER NOT NULL DEFAULT 1,               -- 0: no longer in the configuration
    inactive_since TEXT,                                -- when it last left the configuration
    returned_at TEXT,                                   -- when it last came back: what was stored in between is matched then
    settings TEXT NOT NULL DEFAULT '{}',                -- what it is, without recipients: everybody may read this table
    changed_at TEXT,                                    -- when it last changed
    earlier_settings TEXT                               -- what it was before its last change
) STRICT;
CREATE TABLE matches (                                  -- a watch met a text
    id INTEGER PRIMARY KEY,
    watch_id INTEGER NOT NULL REFERENCES watches (id),
    revision_id INTEGER NOT NULL REFERENCES revisions (id),
    article_id INTEGER NOT NULL REFERENCES articles (id),
    story_id INTEGER NOT NULL REFERENCES stories (id),
    matched_at TEXT NOT NULL,
    terms TEXT NOT NULL,                                -- words of the query that were found
    hit_count INTEGER NOT NULL,                         -- times they occur in headline and text
    in_headline INTEGER NOT NULL,                       -- 1: one is in the headline
    score REAL NOT NULL DEFAULT 0,                      -- how much the text is about them; orders digests, suppresses nothing
    snippet TEXT NOT NULL,                              -- the sentence that proves it
    snippet_marks TEXT NOT NULL,                        -- [[start, end], ...] into the snippet
    UNIQUE (watch_id, revision_id)
) STRICT;
CREATE INDEX matches_by_article ON matches (article_id);
CREATE INDEX matches_by_story ON matches (story_id);
-- one row a revision, holding its keys with blanks between them: what watches ask of the past; the text is in revisions
CREATE VIRTUAL TABLE revision_keys USING fts5 (
    keys, content = '', detail = none, tokenize = "ascii tokenchars '=@:.-_+#'"
);
-- A contentless index cannot delete rows before SQLite 3.43: a text that is forgotten loses its number, and its keys refer
-- to nothing from then on.
CREATE TABLE indexed_texts (                            -- whose keys are in revision_keys
    id INTEGER PRIMARY KEY,                             -- row of revision_keys
    revision_id INTEGER UNIQUE REFERENCES revisions (id) ON DELETE SET NULL -- NULL once it was forgotten
) STRICT;
CREATE TABLE key_index (                                -- how far back revision_keys reaches; one row
    id INTEGER PRIMARY KEY CHECK (id = 1),
    analyzer_version TEXT NOT NULL,                     -- how the texts in it were analysed
    complete_from INTEGER NOT NULL                      -- revisions with this id or a later one are in it
) STRICT;
"""

_MAIL = """
CREATE TABLE alerts (                                   -- matches that somebody is to learn of
    id INTEGER PRIMARY KEY,
    match_id INTEGER NOT NULL REFERENCES matches (id),
    watch_id INTEGER NOT NULL REFERENCES watches (id),
    story_id INTEGER NOT NULL REFERENCES stories (id),
    revision_id INTEGER NOT NULL REFERENCES revisions (id), -- the text it is about
    since_revision_id INTEGER REFERENCES revisions (id), -- the text of the alert before it; NULL: none
    kind TEXT NOT NULL,                                 -- new, update, headline, gone
    raised_at TEXT NOT NULL,
    is_last_today INTEGER NOT NULL DEFAULT 0            -- 1: the daily limit lets no further one about the story through
) STRICT;
CREATE INDEX alerts_by_story ON alerts (watch_id, story_id);
CREATE INDEX alerts_by_match ON alerts (match_id);
CREATE INDEX alerts_of_story ON alerts (story_id);
CREATE UNIQUE INDEX alerts_once_gone ON alerts (match_id) WHERE kind = 'gone';
CREATE TABLE withheld (                                 -- alerts that a limit, a mute or a fault kept from a recipient
    id INTEGER PRIMARY KEY,
    match_id INTEGER NOT NULL REFERENCES matches (id),
    recipient TEXT NOT NULL,                            -- here and below: a mail address, or the name of a channel
    kind TEXT NOT NULL,                                 -- of the alert it would have been
    reason TEXT NOT NULL,                               -- limit: sent once that allows; mute: sent with the next alert; fault
    withheld_at TEXT NOT NULL,
    due_at TEXT,                                        -- when the limit allows it; NULL: it is not sent by itself
    tries INTEGER NOT NULL DEFAULT 0                    -- that ended in a fault
) STRICT;
CREATE UNIQUE INDEX withheld_once ON withheld (match_id, recipient, kind);
CREATE INDEX withheld_due ON withheld (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX withheld_by_age ON withheld (withheld_at) WHERE due_at IS NULL;
CREATE TABLE outbox (                                   -- alerts for the daemon to make into messages, a row a recipient
    id INTEGER PRIMARY KEY,                             -- in the order queued; the daemon's mark is the last it took up
    alert_id INTEGER NOT NULL REFERENCES alerts (id),
    recipient TEXT NOT NULL,
    is_backfill INTEGER NOT NULL DEFAULT 0,             -- 1: gathered with others
    queued_at TEXT NOT NULL
) STRICT;
CREATE INDEX outbox_by_alert ON outbox (alert_id);
CREATE TABLE deliveries (                               -- messages, to one recipient each
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,                                 -- alert, digest, status_report, notice
    recipient TEXT NOT NULL,
    series TEXT NOT NULL DEFAULT '',                    -- what a digest gathers: a watch, a group, or held; empty for one alert
    message_id TEXT NOT NULL UNIQUE,                    -- of the mail, the same in every attempt
    is_asked INTEGER NOT NULL DEFAULT 0,                -- 1: somebody asked for it by name
    created_at TEXT NOT NULL,
    due_at TEXT NOT NULL,                               -- when it was first to leave
    sealed_at TEXT,                                     -- since when nothing joins it: it was claimed once
    state TEXT NOT NULL DEFAULT 'pending',              -- pending, sent, dead, dropped
    attempt_count INTEGER NOT NULL DEFAULT 0,
    next_try_at TEXT NOT NULL,
    lease_until TEXT,                                   -- until when an attempt under way is left alone
    sent_at TEXT,
    answer TEXT                                         -- the server's last word, the Maildir file, or why it was dropped
) STRICT;
CREATE INDEX deliveries_pending ON deliveries (next_try_at) WHERE state = 'pending';
CREATE INDEX deliveries_unsent ON deliveries (state, due_at) WHERE state <> 'sent';
CREATE INDEX deliveries_by_recipient ON deliveries (recipient, created_at);
CREATE INDEX deliveries_digests ON deliveries (recipient, series, due_at) WHERE kind = 'digest';
CREATE INDEX deliveries_digests_due ON deliveries (due_at) WHERE kind = 'digest';
-- digests that can still be joined: looked for with every match and recipient, in the transaction of the article
CREATE INDEX deliveries_joinable ON deliveries (series, due_at) WHERE kind = 'digest' AND state = 'pending' AND sealed_at IS NULL;
CREATE INDEX deliveries_reports ON deliveries (recipient, due_at) WHERE kind = 'status_report';
CREATE TABLE delivery_alerts (                          -- which alerts a message brings
    delivery_id INTEGER NOT NULL REFERENCES deliveries (id),
    alert_id INTEGER NOT NULL REFERENCES alerts (id),
    left_out TEXT,                                      -- why the message does not bring it; NULL where it does
    left_out_by TEXT,                                   -- configuration, mute
    left_out_at TEXT,
    PRIMARY KEY (delivery_id, alert_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_alerts_by_alert ON delivery_alerts (alert_id);
CREATE INDEX delivery_alerts_left_out ON delivery_alerts (left_out_at) WHERE left_out_at IS NOT NULL;
CREATE TABLE attempts (                                 -- single tries to deliver
    id INTEGER PRIMARY KEY,
    delivery_id INTEGER NOT NULL REFERENCES deliveries (id),
    attempted_at TEXT NOT NULL,
    outcome TEXT NOT NULL,                              -- sent, deferred, refused
    answer TEXT NOT NULL                                -- what the server said
) STRICT;
CREATE INDEX attempts_by_delivery ON attempts (delivery_id);
CREATE TABLE recipients (                               -- who gets messages, and when the next status report comes
    recipient TEXT PRIMARY KEY,
    first_named_at TEXT NOT NULL,                       -- when a watch first named it
    first_finish_no INTEGER,                            -- the last visit that had ended then: a first report counts from there
    report_plan TEXT NOT NULL,                          -- hours and zone next_report_at was worked out from
    next_report_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE status_reports (                           -- what each covered, so that the next goes on from there
    delivery_id INTEGER PRIMARY KEY REFERENCES deliveries (id),
    written_no INTEGER NOT NULL UNIQUE,                 -- in the order written, whatever the clock said
    recipient TEXT NOT NULL,
    since TEXT,                                         -- the beginning of what it covers
    until TEXT NOT NULL,
    finish_no INTEGER,                                  -- the last visit that had ended; NULL: to be found by the time
    open_counts TEXT NOT NULL DEFAULT '{}'              -- what visits under way had brought by then: visit id -> counts
) STRICT;
CREATE INDEX status_reports_by_recipient ON status_reports (recipient, written_no);
CREATE TABLE mutes (                                    -- what somebody wants no more alerts about
    id INTEGER PRIMARY KEY,
    recipient TEXT,                                     -- NULL: everybody
    watch_id INTEGER NOT NULL REFERENCES watches (id),
    story_id INTEGER REFERENCES stories (id),           -- NULL: every story
    source_id INTEGER REFERENCES sources (id),          -- NULL: every source
    until TEXT,                                         -- NULL: for good
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX mutes_by_watch ON mutes (watch_id);
CREATE TABLE rejections (                               -- alerts that somebody marked as not what was meant
    alert_id INTEGER PRIMARY KEY REFERENCES alerts (id),
    rejected_at TEXT NOT NULL
) STRICT;
"""


@migration
def m001_first_schema(database: Database) -> None:
    """Create every table, index and view, and the two marks that are counted from."""
    for script in (_PROCESS, _CRAWL, _NEWS, _WATCH, _MAIL):
        for statement in script.split(";\n"):
            if statement.strip():
                database.execute(statement)
