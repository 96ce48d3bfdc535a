"""Every page, in every width, light and dark: nothing that axe finds serious, nothing too heavy, nothing wider than the screen."""

from contextlib import closing

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import TOKEN, WIDTHS, Site, audit, weigh

# the pages with what each may weigh, in kB; a database's name is that of its file
PAGES = {
    "/": 60,
    "/?watch=drones": 60,
    "/stories/5": 150,
    "/articles/5": 150,
    "/articles/7": 150,
    "/articles/3": 150,
    "/watches": 150,
    "/watches/drones": 150,
    "/watches/drones/report": 150,
    "/sources": 150,
    "/sources/Harbour+Courier": 150,
    "/search": 150,
    "/search?q=ferry": 150,
    "/search?q=%22harbour": 150,
    "/no-such-page": 150,
    "/-/login": 150,
    "/watchword": 150,
    "/watchword/articles": 150,
    "/watchword/matches": 150,
    "/watchword/revisions": 150,
    "/watchword/sources": 150,
    "/watchword/visits": 150,
    "/watchword/deliveries": 150,
    "/watchword/who_was_first": 150,
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_pages_are_accessible_at_every_width(
    chromium: Browser, paper: Site, width: int, scheme: str
) -> None:
    faults = []
    with closing(
        chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type]  # one of two
            bypass_csp=True,
        )
    ) as context:
        page = context.new_page()
        page.goto(f"{paper.url}/-/auth-token?token={TOKEN}")
        for path in PAGES:
            page.goto(paper.url + path)
            faults += [f"{path}: {fault}" for fault in audit(page)]
            wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            if wide > 0:
                faults.append(f"{path}: {wide} px wider than the screen")
    assert faults == []


def test_no_page_is_heavy(chromium: Browser, paper: Site) -> None:
    heavy = {}
    with closing(chromium.new_context()) as context:
        page = context.new_page()
        page.goto(f"{paper.url}/-/auth-token?token={TOKEN}")
        for path, most in PAGES.items():
            # a fresh context for each would cost a second: the style sheet is not kept between pages, see its headers
            if (weight := weigh(page, paper.url + path)) > most * 1000:
                heavy[path] = weight
    assert heavy == {}


def test_everything_opens_without_a_script(chromium: Browser, paper: Site) -> None:
    with closing(chromium.new_context(java_script_enabled=False)) as context:
        page = context.new_page()
        page.goto(f"{paper.url}/-/auth-token?token={TOKEN}")
        for path in PAGES:
            answer = page.goto(paper.url + path)
            expected = 404 if path == "/no-such-page" else 200
            assert answer is not None
            assert answer.status == expected, path
            assert page.locator("h1").count() == 1, path
            assert page.locator("html[lang=en]").count() == 1, path
