"""The HTML part in limited mail programs: Outlook for Windows lays out only tables, Gmail may drop the style block."""

import itertools
import re
from dataclasses import replace
from pathlib import Path

import lxml.html
import pytest

from bench.messages.__main__ import make_messages
from crawler.alerting.messages.render import render
from tests.unit.alerting.messages.test_message import ALERT, LINKS, PUBLIC, make_message

MESSAGES = make_messages()
TEMPLATES = Path("crawler/alerting/templates")
INLINE = (TEMPLATES / "inline.css").read_text(encoding="utf-8")
KEPT = (TEMPLATES / "kept.css").read_text(encoding="utf-8")


def read(name: str) -> lxml.html.HtmlElement:
    return lxml.html.fromstring(render(*MESSAGES[name]).html)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_laid_out_by_tables_of_600_pixels(name: str) -> None:
    html = render(*MESSAGES[name]).html
    page = lxml.html.fromstring(html)
    sheet = page.xpath("//table[@class='sheet']")

    assert [table.get("role") for table in page.iter("table")] == ["presentation"] * len(page.xpath("//table"))  # fmt: skip
    assert (sheet[0].get("width"), sheet[0].get("bgcolor")) == ("600", "#fffdf8")
    assert "width:100%;max-width:600px" in sheet[0].get("style")
    assert '<!--[if mso]><table role="presentation" width="600"' in html
    assert "<!--[if mso]></td></tr></table><![endif]-->" in html
    # Word supports neither of these
    assert not re.search(r"border-radius|display:(flex|grid)|position:|float:|min-width:\d", html)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_needs_no_style_block(name: str) -> None:
    page = read(name)
    unstyled = [
        lxml.html.tostring(element, encoding="unicode")[:100]
        for element in page.xpath("//body//*[@class] | //body//*[self::h1 or self::h2 or self::h3 or self::p or self::a]")
        if "style" not in element.attrib
    ]  # fmt: skip

    assert unstyled == []
    for cell in page.xpath("//td[@class='cell']"):
        assert "font:" in cell.get("style")
        assert "color:" in cell.get("style")


@pytest.mark.parametrize("name", MESSAGES)
def test_the_style_block_is_only_for_dark_mode_and_phones(name: str) -> None:
    (block,) = read(name).xpath("//style/text()")
    outside = re.sub(r"@media[^{]*\{(?:[^{}]*\{[^}]*\})*\s*\}", "", block)

    assert "prefers-color-scheme: dark" in block
    assert "max-width: 600px" in block
    assert not re.search(r"(?<!-)color:", outside)
    # Gmail drops a block above 8,192 characters
    assert len(block) < 8000
    rules = re.findall(r"[{;]\s*[a-z-]+:[^;}]*", re.sub(r"\A.*?@media", "@media", block, flags=re.DOTALL))  # fmt: skip
    assert all("!important" in rule for rule in rules)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_declares_its_language_has_a_preview_and_loads_nothing(name: str) -> None:
    page = read(name)

    assert (page.get("lang"), page.get("dir")) == ("en", "ltr")
    assert len(page.xpath("//h1")) == 1
    assert page.xpath("//div[@role='main']")
    (preheader,) = page.xpath("//div[@class='preheader']")
    assert 10 < len(preheader.text_content()) <= 150
    assert "display:none" in preheader.get("style")
    html = render(*MESSAGES[name]).html
    assert not re.search(r"<img|<script|<link|url\(|src=|@import", html)


@pytest.mark.parametrize("name", MESSAGES)
def test_headings_skip_no_level(name: str) -> None:
    levels = [int(heading.tag[1]) for heading in read(name).xpath("//h1 | //h2 | //h3")]

    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_every_class_is_used_and_the_style_block_changes_no_other() -> None:
    rules = re.sub(r"/\*.*?\*/", "", INLINE, flags=re.DOTALL)
    classes = set(re.findall(r"\.([a-z][a-z-]*)", rules))
    pages = "".join(render(*message).html for message in MESSAGES.values())
    used = set(" ".join(re.findall(r'class="([^"]*)"', pages)).split())

    assert classes == used
    assert set(re.findall(r"\.([a-z][a-z-]*)", KEPT)) <= classes


def test_the_button_is_a_cell_that_outlook_fills() -> None:
    page = read("new")
    (button,) = page.xpath("//td[@class='button']")

    assert button.get("bgcolor") == "#8a3324"
    assert "mso-padding-alt" in button.get("style")
    assert button.xpath("./a/@href") == [
        "https://www.harbour-courier.example/2026/11/26/night-ferry-suspended?edition=morning"
    ]


def test_a_text_from_right_to_left_is_quoted_on_its_right() -> None:
    (arabic,) = read("arabic").xpath("//td[blockquote]")
    (english,) = read("new").xpath("//td[blockquote]")

    assert "border-right:4px" in arabic.get("style")
    assert "border-left:4px" not in arabic.get("style")
    assert (arabic[0].get("dir"), arabic[0].get("lang")) == ("rtl", "ar")
    assert "border-left:4px" in english.get("style")
    assert read("arabic").xpath("//h1/@dir") == ["rtl"]
    assert read("arabic").xpath("//td[@class='changes']/@dir") == ["rtl"]


def test_a_sentence_with_an_arabic_word_keeps_the_order_of_its_language() -> None:
    page = read("arabic")
    (matched,) = page.xpath("//tr[td='Matched']/td[2]")

    assert "مسيّرات" in matched.text_content()
    # Chrome and Gmail read the whole cell from right to left at its first Arabic letter
    assert matched.xpath("descendant-or-self::*/@dir") == []


@pytest.mark.parametrize("language", ['en" onload="x', "", "x", "\u6f22", "english"])
def test_an_invalid_language_code_is_not_written_as_an_attribute(language: str) -> None:
    page = lxml.html.fromstring(render(make_message(replace(ALERT, language=language)), LINKS).html)

    assert page.xpath("//h1/@lang") == []
    assert page.xpath("//@onload") == []


def test_markup_in_any_name_stays_text() -> None:
    evil = '<b onclick="x">&amp;</b>{boo} {{ x }} %s'
    alert = replace(ALERT, watch_name=evil, query=evil, source_name=evil, byline=evil, headline=evil, terms=(evil,))  # fmt: skip

    for links in (LINKS, PUBLIC):
        html = render(make_message(alert), links).html
        assert "<b onclick" not in html
        assert "&amp;lt;" not in html
        assert html.count("{boo}") >= 5


def test_an_address_in_the_footer_is_a_link_to_write_to() -> None:
    html = render(make_message(is_admin=False, contact='a"b?c&d@x.org'), LINKS).html

    (link,) = lxml.html.fromstring(html).xpath("//a[starts-with(@href, 'mailto:')]")
    assert link.get("href") == "mailto:a%22b%3Fc%26d@x.org"
    assert link.text == 'a"b?c&d@x.org'
