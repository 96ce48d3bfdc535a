"""The page of workers over HTTP: it never says that all is well while it is not, and it names nothing to strangers."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from crawler.clock import utc_now
from crawler.config.schema import Config
from crawler.model.cluster.state import ClusterState, WorkerFacts
from crawler.storage.crawl.handing_out.bundles import isolate_domain, note_death, set_drained_at
from crawler.storage.crawl.handing_out.cluster_state import save_cluster_state
from crawler.storage.file.database import to_text, transaction
from tests.flows.web.opening import open_pages
from watchword.web.access.admission import Admission
from watchword.web.access.visitors import Openness

pytestmark = pytest.mark.slow

CLUSTER = '[cluster]\ndatabase = "postgresql://watchword:hush-hush-7@db.example.org/watchword"\n'
WELL = ClusterState(workers=2, busy=3, places=8, running=3, waiting=1, notes=5, oldest_seconds=7)


@pytest.fixture
def pages(database: sqlite3.Connection, config: Config) -> Iterator[httpx.Client]:
    config.store.path.with_name("w.toml").write_text(CLUSTER)
    with open_pages(config.store.path, Admission()) as url, httpx.Client(base_url=url) as client:
        yield client


def save(database: sqlite3.Connection, state: ClusterState, *, seconds_ago: float = 0) -> None:
    with transaction(database):
        save_cluster_state(database, state, now=utc_now() - timedelta(seconds=seconds_ago))


def test_the_page_shows_workers_and_what_waits(
    pages: httpx.Client, database: sqlite3.Connection
) -> None:
    now = utc_now()
    each = (
        WorkerFacts(name="kiel-<b>17</b>", version="1", places=4, busy=3, beat_at=now),
        WorkerFacts(
            name="old",
            version="1",
            places=4,
            busy=0,
            beat_at=now - timedelta(hours=2),
            is_alive=False,
        ),
    )
    save(database, replace(WELL, each=each))

    text = pages.get("/cluster").text

    assert 'class="health ok"' in text
    assert "3 of 8" in text
    assert "5 messages, the oldest for 7 s" in text
    assert "kiel-&lt;b&gt;17&lt;/b&gt;" in text
    assert "stopped, 2 h" in text
    assert 'href="/cluster"' in pages.get("/sources").text
    assert "hush-hush-7" not in text
    assert "db.example.org" not in text


def test_the_page_never_says_that_all_is_well_while_it_is_not(
    pages: httpx.Client, database: sqlite3.Connection
) -> None:
    def look(state: ClusterState, **facts: float) -> str:
        save(database, state, **facts)
        return pages.get("/cluster").text

    texts = {
        "No worker beats since": look(replace(WELL, workers=0)),
        "PostgreSQL cannot be used since": look(replace(WELL, trouble="connection refused")),
        "The home does not run": look(WELL, seconds_ago=90),
        "kiel beats, and can exchange nothing: disk full": look(
            replace(
                WELL,
                each=(
                    WorkerFacts(
                        name="kiel",
                        version="1",
                        places=4,
                        busy=3,
                        beat_at=utc_now(),
                        trouble="disk full",
                    ),
                ),
            )
        ),
        "The home has just started": look(ClusterState(is_known=False)),
        "Nothing is handed out yet: workers are": look(replace(WELL, rest="workers are to learn")),
        "seconds more: workers are": look(
            replace(
                WELL,
                workers=0,
                rest="workers are to learn",
                rests_until=utc_now() + timedelta(minutes=9),
            )
        ),
    }
    with transaction(database):
        note_death(database, ["slow.example"], now=utc_now())
        isolate_domain(database, "slow.example", "3 workers died of it", now=utc_now())
    texts["1 domain is handed out no more"] = look(WELL)
    assert "3 workers died of it" in texts["1 domain is handed out no more"]
    with transaction(database):
        set_drained_at(database, utc_now())
    texts["because of `watchword cluster drain`"] = look(WELL)

    for words, text in texts.items():
        assert words in text, words
        assert 'class="health ok"' not in text, words


def test_a_home_that_never_ran_and_a_row_of_another_release_break_nothing(
    pages: httpx.Client, database: sqlite3.Connection
) -> None:
    before = pages.get("/cluster")
    row = "INSERT INTO heartbeats VALUES ('cluster', 1, ?1, ?1, '{\"workers\": \"many\"}')"
    database.execute(row, [to_text(utc_now())])
    after = pages.get("/cluster")

    for answer in (before, after):
        assert answer.status_code == 200
        assert "The home does not run" in answer.text


def test_without_a_cluster_no_page_leads_there(
    database: sqlite3.Connection, config: Config
) -> None:
    config.store.path.with_name("w.toml").write_text("")

    with open_pages(config.store.path, Admission()) as url:
        sources, page = httpx.get(f"{url}/sources").text, httpx.get(f"{url}/cluster").text

    assert 'href="/cluster"' not in sources
    assert "makes all visits itself" in page
    assert 'class="health' not in page


def test_workers_are_not_shown_to_everybody(database: sqlite3.Connection, config: Config) -> None:
    config.store.path.with_name("w.toml").write_text(CLUSTER)
    save(database, WELL)

    with open_pages(config.store.path, Admission(openness=Openness.PUBLIC)) as url:
        assert httpx.get(f"{url}/sources").status_code == 200
        assert httpx.get(f"{url}/cluster").status_code == 403
        assert 'href="/cluster"' not in httpx.get(f"{url}/sources").text
