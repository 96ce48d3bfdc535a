"""Reading as a journalist does, in Chromium: by keyboard, with stars, searches, a live query box, and a sign-in."""

import time
from contextlib import closing

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PASSWORD, Site, count

_STARRED = "SELECT count(*) FROM story_marks WHERE starred_at IS NOT NULL"
_FERRY = "Night ferry suspended after drones hover over the landing stage"


def _focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent"))


def test_stories_are_read_by_keyboard(desk: Page, paper: Site) -> None:
    first, second = desk.locator(".card h3 a").all_text_contents()[:2]

    desk.keyboard.press("j")
    assert _focused(desk) == first
    desk.keyboard.press("j")
    assert _focused(desk) == second
    desk.keyboard.press("k")
    assert _focused(desk) == first
    assert desk.locator(".card.now").count() == 1
    # moving marks nothing
    assert desk.locator(".card.new").count() == 7

    desk.keyboard.press("s")
    desk.keyboard.press("m")
    expect(desk.locator(".card").first.locator("[name=star]")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(desk.locator(".card.new")).to_have_count(6)
    desk.wait_for_function("() => document.querySelectorAll('.card .note.bad').length === 0")
    expect(desk.locator(".card").first.locator("[name=read]")).to_have_attribute(
        "aria-pressed", "true"
    )
    # the buttons show what was asked at once; a page that is loaded anew shows what is stored
    deadline = time.monotonic() + 30
    while not count(paper.database, f"{_STARRED} AND read_at IS NOT NULL"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    desk.reload()
    expect(desk.locator(".card").first.locator("[name=star]")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(desk.locator(".card.new")).to_have_count(6)
    assert count(paper.database, _STARRED) == 1

    desk.keyboard.press("j")
    desk.keyboard.press("o")
    desk.wait_for_url("**/stories/*")
    assert desk.locator("h1").text_content() == first


def test_keys_rest_in_fields_with_modifiers_and_when_switched_off(desk: Page) -> None:
    desk.keyboard.press("/")
    desk.keyboard.type("jm?")
    assert desk.locator("#top-q").input_value() == "jm?"
    assert desk.locator(".card.now").count() == 0

    desk.locator("h1").click()
    desk.keyboard.press("Control+j")
    assert desk.locator(".card.now").count() == 0
    desk.keyboard.press("?")
    expect(desk.locator("#keys")).to_be_visible()
    desk.locator("#keys-on").uncheck()
    desk.keyboard.press("Escape")
    desk.keyboard.press("j")
    assert desk.locator(".card.now").count() == 0
    desk.keyboard.press("?")
    expect(desk.locator("#keys")).to_be_visible()


def test_all_of_a_page_is_marked_as_read_and_starred_stories_are_kept(
    desk: Page, paper: Site
) -> None:
    desk.locator(".card [name=star]").nth(1).click()
    expect(desk.locator(".card [name=star]").nth(1)).to_have_attribute("aria-pressed", "true")
    desk.locator("[data-mark-all]").click()
    desk.wait_for_load_state()

    expect(desk.locator(".card.new")).to_have_count(0)
    desk.locator(".chips a", has_text="Starred").click()
    expect(desk.locator(".card")).to_have_count(1)


def test_a_chip_shows_the_stories_of_one_watch(desk: Page) -> None:
    desk.locator(".chips a", has_text="ferries").click()

    headlines = desk.locator(".card h3 a").all_text_contents()
    assert _FERRY in headlines
    assert all("harbour dues" not in one for one in headlines)


def test_a_story_says_who_was_first_what_changed_and_is_muted(desk: Page, paper: Site) -> None:
    desk.locator(".card h3 a", has_text="Night ferry").click()
    desk.wait_for_url("**/stories/*")

    text = desk.locator("main").text_content() or ""
    assert "Harbour Courier was first" in text.replace("  ", " ")
    assert desk.locator("#edits ~ ol ins").first.text_content() == "further notice."
    desk.locator("summary", has_text="Words added").click()
    expect(desk.locator(".diff ins", has_text="Thursday.")).to_be_visible()
    desk.get_by_role("button", name="Mute in drones").click()
    expect(desk.locator(".note")).to_contain_text("no longer alerts anybody")
    expect(desk.locator(".note")).to_contain_text("Done at")
    assert count(paper.database, "SELECT count(*) FROM mutes WHERE story_id IS NOT NULL") == 1


def test_an_article_marks_the_words_in_its_text(desk: Page, paper: Site) -> None:
    desk.goto(f"{paper.url}/articles/5")

    assert desk.locator(".text mark").all_text_contents() == ["ferry", "drones", "drone"]
    desk.locator(".seen a", has_text="3").click()
    assert desk.url.endswith("#m3")
    assert "stated in the page, to the minute" in (desk.locator(".lede").text_content() or "")
    desk.goto(f"{paper.url}/articles/8")
    assert desk.locator(".text").get_attribute("dir") == "rtl"
    assert desk.locator(".text").get_attribute("lang") == "ar"


def test_hostile_text_is_text(desk: Page, paper: Site) -> None:
    for path in ("/", "/stories/4", "/articles/4", "/search?q=ferry", "/watchword/articles"):
        desk.goto(paper.url + path)
        assert "<script>alert(1)" in (desk.locator("main").text_content() or ""), path


def test_the_box_tries_a_query_while_it_is_typed_and_saves_it(desk: Page, paper: Site) -> None:
    desk.goto(f"{paper.url}/watches/ferries")
    box = desk.locator("#draft")

    box.fill("ferry -lighthouse")
    expect(desk.locator("[data-says] .delta")).to_contain_text("+0 \u22121 against the saved query")
    expect(desk.locator("[data-says]")).to_contain_text("Lamp on Cape Morrow")
    box.fill("")
    expect(desk.locator("[data-says]")).to_be_empty()
    box.fill('ferry "grain')
    expect(desk.locator("[data-says] .caret")).to_be_visible()
    desk.get_by_role("button", name="Use the repair").click()
    expect(desk.locator("[data-says] .delta")).to_be_visible()
    # what was tried before the repair can be tried again
    box.fill('ferry "grain')
    expect(desk.locator("[data-says] .caret")).to_be_visible()
    box.fill("ferry -lighthouse")
    desk.get_by_role("button", name="Save", exact=True).click()

    expect(desk.locator(".note")).to_contain_text("ferries has the new query")
    assert 'query = "ferry -lighthouse"' in paper.config_path.read_text()


def test_a_repair_is_used_by_a_slow_hand(desk: Page, paper: Site) -> None:
    desk.goto(f"{paper.url}/watches/ferries")
    desk.locator("#draft").fill('ferry "grain')
    button = desk.get_by_role("button", name="Use the repair")

    button.hover()
    desk.mouse.down()
    # leaving the box must ask nothing, or the answer would put another button below the mouse
    desk.wait_for_timeout(1_000)
    desk.mouse.up()

    expect(desk.locator("[data-says] .delta")).to_be_visible()


def test_a_search_becomes_a_watch(desk: Page, paper: Site) -> None:
    desk.keyboard.press("/")
    desk.keyboard.type("grain")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/search?q=grain")

    assert "grain" in desk.locator(".card mark").all_text_contents()
    desk.locator("#wn").fill("grain quay")
    desk.get_by_role("button", name="Save as a watch").click()
    expect(desk.locator(".note")).to_contain_text("Added the watch grain quay")
    assert 'name = "grain quay"' in paper.config_path.read_text()


def test_a_source_is_paused_and_one_is_added(desk: Page, paper: Site) -> None:
    desk.goto(f"{paper.url}/sources/Harbour+Courier")
    desk.get_by_role("button", name="Pause").click()
    expect(desk.locator(".note")).to_contain_text("Harbour Courier is paused")
    expect(desk.get_by_role("button", name="Go on")).to_be_visible()

    desk.goto(f"{paper.url}/sources?new=1")
    desk.locator("#source-name").fill("Island Gazette")
    desk.locator("#source-url").fill("island.example")
    desk.get_by_role("button", name="Add it").click()
    expect(desk.locator(".note")).to_contain_text("Added Island Gazette")
    assert 'url = "https://island.example"' in paper.config_path.read_text()


def test_the_owner_sends_a_test_mail_and_nobody_else_can(desk: Page, paper: Site) -> None:
    desk.goto(f"{paper.url}/watchword/dead_messages")
    desk.get_by_role("button", name="Send").click()

    expect(desk.locator(".note")).to_contain_text(
        "A test message to desk@example.org was sent to the Maildir."
    )
    expect(desk.locator(".note")).to_contain_text("Done at")
    assert len([*(paper.config_path.parent / "mail" / "new").iterdir()]) == 1


def test_closed_pages_are_opened_by_the_password_and_lead_back(
    chromium: Browser, closed_paper: Site
) -> None:
    with closing(
        chromium.new_context(viewport={"width": 375, "height": 740}, color_scheme="dark")
    ) as context:
        page = context.new_page()
        answer = page.goto(f"{closed_paper.url}/stories/5")
        assert answer is not None
        assert answer.status == 403

        page.get_by_label("Password").fill("a wrong password")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_have_text("Wrong password.")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()

        expect(page.locator("h1")).to_have_text(_FERRY)
        expect(page.locator("body")).to_have_css("background-color", "rgb(27, 25, 22)")
        page.get_by_role("button", name="sign out").click()
        assert page.goto(closed_paper.url + "/").status == 403  # type: ignore[union-attr]


def test_what_no_daemon_has_done_yet_is_shown_as_done(chromium: Browser, paper: Site) -> None:
    with closing(chromium.new_context()) as context:
        page = context.new_page()
        page.goto(f"{paper.url}/-/auth-token?token=quay-token")
        page.locator(".card [name=star]").first.click()
        expect(page.locator(".card [name=star]").first).to_have_attribute("aria-pressed", "true")
        page.wait_for_timeout(2500)  # the server waits two seconds for an answer

        page.reload()

        expect(page.locator(".card [name=star]").first).to_have_attribute("aria-pressed", "true")
        assert count(paper.database, "SELECT count(*) FROM story_marks") == 0
