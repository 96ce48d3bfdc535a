"""The docs site: it builds without a warning, its links lead somewhere, and no page of it loads anything from the network."""

import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import lxml.html
import pytest

from tests.docs.test_command_blocks import PAGES, relative
from watchword.cli.reference.write_docs import DOCS

ROOT = DOCS.parent
# attributes by which a browser loads something without being asked
LOADING = (
    "//@src",
    "//@srcset",
    "//@poster",
    "//object/@data",
    "//link[not(@rel='canonical')]/@href",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the built site."""
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return folder


@cache
def read(page: Path) -> lxml.html.HtmlElement:
    return lxml.html.fromstring(page.read_bytes())


def list_pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


@pytest.mark.slow
def test_no_page_loads_anything_from_the_network(site: Path) -> None:
    for page in list_pages(site):
        loaded = [address for path in LOADING for address in read(page).xpath(path)]
        loaded += re.findall(r"url\(([^)]+)\)", page.read_text())
        assert not [one for one in loaded if urlsplit(one).netloc], page
    for sheet in site.rglob("*.css"):
        loaded = re.findall(r"url\(['\"]?([^)'\"]+)|@import\s+['\"]([^'\"]+)", sheet.read_text())
        assert not [one for pair in loaded for one in pair if one.startswith(("http", "//"))], sheet


@pytest.mark.slow
def test_every_link_of_the_site_leads_to_a_place_that_is_there(site: Path) -> None:
    faults = []
    # the page for what is missing links from the root, wherever it is shown
    for page in (one for one in list_pages(site) if one.name != "404.html"):
        for href in read(page).xpath("//a/@href"):
            parts = urlsplit(href)
            if parts.scheme or parts.netloc:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            target = target / "index.html" if target.is_dir() else target
            if not target.exists():
                faults.append(f"{page.name}: {href}")
            elif parts.fragment and not read(target).xpath(
                "//*[@id=$id]", id=unquote(parts.fragment)
            ):
                faults.append(f"{page.name}: {href} has no such anchor")  # fmt: skip

    assert not faults, "\n".join(faults)


@pytest.mark.slow
def test_every_page_has_a_heading_a_description_and_words_for_its_pictures(site: Path) -> None:
    descriptions: dict[str, Path] = {}
    for page in (one for one in list_pages(site) if one.name != "404.html"):
        html = read(page)
        (described,) = html.xpath("//meta[@name='description']/@content")
        if page.parent.name != "decisions":
            assert described not in descriptions, f"{page} says what {descriptions[described]} says"
            descriptions[described] = page
        assert len(html.xpath("//h1")) == 1, page
        assert all(len(picture.get("alt", "")) > 20 for picture in html.xpath("//article//img"))


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent == ROOT], ids=relative)
def test_anchors_of_pages_beside_the_docs_are_there(page: Path) -> None:
    for path, anchor in re.findall(r"\]\((docs/[^)#]+\.md)#([^)]+)\)", page.read_text()):
        headings = re.findall(r"^#+ (.+)$", (ROOT / path).read_text(), re.MULTILINE)
        slugs = {re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", one).strip().lower()) for one in headings}  # fmt: skip

        assert anchor in slugs, f"{page.name} links to {path}#{anchor}"


def test_every_decision_is_listed() -> None:
    listed = re.findall(r"\]\((\d[^)]+)\)", (DOCS / "decisions" / "index.md").read_text())

    assert listed == sorted(path.name for path in (DOCS / "decisions").glob("[0-9]*.md"))


def test_every_page_is_linked_from_the_first_one() -> None:
    linked = set(re.findall(r"\]\(([a-z][^)#:]+\.md)\)", (DOCS / "index.md").read_text()))
    pages = {
        page.relative_to(DOCS).as_posix()
        for page in PAGES
        if page.is_relative_to(DOCS) and page.name != "index.md"
    }

    assert pages <= linked, pages - linked


@pytest.mark.slow
@pytest.mark.parametrize("link", ["guides/no-such-page.md", "start.md#no-such-place"])
def test_make_docs_site_fails_for_a_link_that_leads_nowhere(link: str, tmp_path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (options,) = re.findall(r"/mkdocs build (.*)$", makefile, re.MULTILINE)
    shutil.copytree(DOCS, tmp_path / "docs")
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    with (tmp_path / "docs" / "index.md").open("a") as file:
        file.write(f"\n[a link]({link})\n")

    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", *options.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert built.returncode != 0
    assert link in built.stderr
