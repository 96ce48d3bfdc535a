"""The page of workers in a browser, in every width: nothing that axe finds serious, nothing wider than the screen."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import Browser

from crawler.clock import utc_now
from crawler.model.cluster.state import ClusterState, WorkerFacts
from crawler.storage.crawl.handing_out.bundles import isolate_domain, note_death
from crawler.storage.crawl.handing_out.cluster_state import save_cluster_state
from crawler.storage.file.database import open_for_writing, transaction
from tests.browser.conftest import TOKEN, WIDTHS, Site, audit, weigh


def fill_cluster(site: Site) -> None:
    """Let the paper's pages be those of a home with workers, one of them stopped, and a domain that ended three."""
    with site.config_path.open("a") as file:
        file.write('\n[cluster]\ndatabase = "postgresql://watchword@db.example.org/watchword"\n')
    now = utc_now()
    worker = WorkerFacts(name="kiel-17", version="1", places=8, busy=7, beat_at=now)
    long_name = "oslo-a-machine-with-a-very-long-name.internal.example.org-4711"
    each = (
        worker,
        replace(worker, name=long_name, busy=8),
        replace(worker, name="old", busy=0, is_alive=False, beat_at=now - timedelta(hours=7)),
    )
    state = ClusterState(
        workers=2, busy=15, places=16, running=15, waiting=9, notes=412, oldest_seconds=38,
        isolated=1, deaths=3, each=each, home_share=0.63,
    )  # fmt: skip
    reason = "3 workers died while they read slow.example, the last one while it read nothing else"
    with closing(open_for_writing(site.database)) as database, transaction(database):
        save_cluster_state(database, state, now=now)
        note_death(database, ["slow.example"], now=now)
        isolate_domain(database, "slow.example", reason, now=now)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, *WIDTHS])
def test_the_page_of_workers_is_accessible_at_every_width(
    chromium: Browser, paper: Site, width: int, scheme: str
) -> None:
    fill_cluster(paper)
    with closing(
        chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type]  # one of two
            bypass_csp=True,
        )
    ) as context:
        page = context.new_page()
        page.goto(f"{paper.url}/-/auth-token?token={TOKEN}")
        page.goto(f"{paper.url}/cluster")

        assert audit(page) == []
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{wide} px wider than the screen"


def test_the_page_of_workers_is_light(chromium: Browser, paper: Site) -> None:
    fill_cluster(paper)
    with closing(chromium.new_context()) as context:
        assert weigh(context.new_page(), f"{paper.url}/cluster") < 60_000
