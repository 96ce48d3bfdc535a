"""Pages that break, and requests that lie about where they are: nobody learns more than a page of ours says."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from crawler.config.schema import Config
from crawler.flows.process.rules import Rules
from tests.flows.web.opening import HTML, open_pages
from tests.newsroom import ARTICLE, Newsroom
from watchword.web.access.admission import Admission
from watchword.web.access.visitors import Openness

pytestmark = pytest.mark.slow

# of what Datasette has routes for and we have not, and what its views trip over
_ODD = (
    "/watchword/articles/-/insert",
    "/watchword/articles/-/upsert",
    "/watchword/articles/-/drop",
    "/watchword/-/create",
    "/watchword/articles/1/-/delete",
    "/watchword/articles?_sort=nothing",
    "/watchword/articles?_next=%00",
    "/watchword/articles?_facet=nothing&_size=x",
    "/watchword/articles?id__gt=%FF",
    "/watchword/articles/~00",
    "/watchword/articles.csv?_stream=on&_size=-1",
    "/watchword/articles.json?_shape=nothing",
    "/watchword/articles/1,2,3",
    "/stories/99999999999999999999999",
    "/search?q=%00&page=-1",
    "/search?q=%22(((",
    "/sources?page=99999999999999999999999",
    "/-/alerts/%00.atom",
    "/%FF%FE",
)
_TOLD = re.compile(r"Traceback|File \"|site-packages|sqlite3\.|ValueError|/tmp/")


@pytest.fixture
def filled(database: sqlite3.Connection, rules: Rules, config: Config) -> Path:
    Newsroom(database, rules).keep(ARTICLE)
    config.store.path.with_name("w.toml").write_text('[[watch]]\nname = "drones"\nquery = "drone"\n')  # fmt: skip
    return config.store.path


def test_no_odd_request_breaks_a_page_or_is_told_how_it_works_inside(filled: Path) -> None:
    with open_pages(filled, Admission()) as url:
        for path in _ODD:
            for method in ("GET", "POST", "PUT", "RENDER", "PROPFIND"):
                answer = httpx.request(method, url + path, headers=HTML)
                assert answer.status_code < 500, (method, path, answer.status_code)
                assert not _TOLD.search(answer.text), (method, path, answer.text[-500:])
                assert answer.headers["x-content-type-options"] == "nosniff", path


def test_a_page_that_breaks_has_all_headers_and_says_nothing_of_why(filled: Path) -> None:
    with pytest.raises(AssertionError), open_pages(filled, Admission()) as url:
        with closing(sqlite3.connect(filled)) as other:
            other.execute("UPDATE articles SET first_seen_at = 'quay', published_at = 'quay'")
            other.commit()
        answers = [httpx.get(f"{url}/articles/1", headers=HTML) for _ in range(4)]

    for answer in answers:
        assert answer.status_code == 500
        assert not _TOLD.search(answer.text), answer.text[-500:]
        assert "unsafe-inline" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
    log = filled.with_name("web.log").read_text()
    # the traceback is in the log, and once for what breaks in the same way
    assert log.count("    Traceback") == log.count("Traceback") == 1
    assert "'quay'" in log


@pytest.mark.parametrize("host", ["evil.example", "desk.example@evil.example", "evil.example:99"])
def test_links_of_a_feed_are_those_of_the_public_address(filled: Path, host: str) -> None:
    admission = Admission(openness=Openness.CLOSED, password="quay-and-ferry-42")
    stated = "https://desk.example/news/"
    lies = {"host": host, "x-forwarded-host": host, "forwarded": f"host={host}"}
    with open_pages(filled, Admission(), url=stated) as url:
        for path in ("/-/alerts.atom", "/-/alerts/drones.atom", "/search?q=drone"):
            answer = httpx.get(f"{url}/news{path}", headers=lies)
            assert "evil.example" not in answer.text, path
            if path.endswith("atom"):
                assert answer.status_code == 200, path
                links = re.findall(r'<link[^>]*rel="self"[^>]*href="([^"]+)"', answer.text)
                links += re.findall(r'<link[^>]*href="([^"]+)"[^>]*rel="self"', answer.text)
                assert links
                assert all(link.startswith(stated) for link in links), links
    with open_pages(filled, admission, url=stated) as url:
        assert "evil.example" not in str(httpx.get(f"{url}/news/", headers=lies).headers)
