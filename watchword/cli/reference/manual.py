"""The pages of docs/ as an installed Watchword has them: found by name, and rendered as HTML without a network.

``watchword/manual`` is a link to docs/, so that the wheel carries the Markdown and nothing is built for it. markdown-it-py,
which rich brings, renders it; the site that mkdocs builds has the same addresses and anchors.
"""

import html
import re
import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

MANUAL = Path(str(files("watchword"))) / "manual"
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n+", re.DOTALL)
_LINK = re.compile(r"^([^:]*)\.md(#.*)?$")
_FOLDERS = ("guides", "reference", "explanation", "operating", "internals", "decisions")
_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} - Watchword</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1rem/1.55 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1rem }}
pre, code {{ font-family: ui-monospace, monospace; font-size: .92em }}
pre {{ overflow-x: auto; padding: .7rem; border: 1px solid #8885; border-radius: .3rem }}
table {{ border-collapse: collapse; display: block; overflow-x: auto }}
th, td {{ border-bottom: 1px solid #8885; padding: .35rem .6rem; text-align: left; vertical-align: top }}
img {{ max-width: 100%; height: auto }}
</style>
</head>
<body>
<nav><a href="{root}index.html">All pages</a></nav>
<main>
{body}
</main>
</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class ManualPage:
    """A page of the docs: ``name`` is what a person types, ``place`` its file below the docs, without the suffix."""

    name: str
    place: str

    @property
    def title(self) -> str:
        """The heading of the page."""
        return next(line[2:] for line in self.read().splitlines() if line.startswith("# "))

    def read(self) -> str:
        """Return the Markdown without the lines at its head that are for the site."""
        text = (MANUAL / f"{self.place}.md").read_text(encoding="utf-8")
        return _FRONT_MATTER.sub("", text)


@cache
def list_manual() -> tuple[ManualPage, ...]:
    """Return all pages in reading order; none if this installation has no docs."""
    found = [MANUAL / "index.md", MANUAL / "start.md"]
    for folder in _FOLDERS:
        found += sorted((MANUAL / folder).glob("*.md"), key=lambda path: (path.stem != "index", path.stem))  # fmt: skip
    return tuple(
        ManualPage(_name(path), path.relative_to(MANUAL).with_suffix("").as_posix())
        for path in found
        if path.exists()
    )


def find_manual_page(stated: str) -> ManualPage | None:
    """Return the page of a name or place: ``settings``, ``reference/settings`` or ``docs/reference/settings.md``."""
    wanted = stated.strip("/").removeprefix("docs/").removesuffix(".md").removesuffix(".html")
    pages = list_manual()
    return next((page for page in pages if wanted in {page.name, page.place}), None)


def list_similar(stated: str) -> list[str]:
    """Return names of pages that somebody may have meant."""
    names = [page.name for page in list_manual()]
    within = [name for name in names if stated.lower() in name]
    return within or get_close_matches(stated.lower(), names, n=3)


def render(page: ManualPage) -> str:
    """Return a page as HTML. It loads only pictures of the docs."""
    tokens = (markdown := _markdown()).parse(page.read())
    title = _mark_headings(tokens) or page.name
    for token in tokens:
        for inner in token.children or ():
            if link := _LINK.match(str(inner.attrs.get("href", ""))):
                inner.attrs["href"] = f"{link[1]}.html{link[2] or ''}"
    body = markdown.renderer.render(tokens, markdown.options, {})
    root = "../" * page.place.count("/")
    return _PAGE.format(title=html.escape(title), root=root, body=body)


@cache
def _markdown() -> MarkdownIt:
    # HTML in the pages is ours: they come with the program
    return MarkdownIt("commonmark", {"html": True}).enable("table")


def _name(path: Path) -> str:
    """Return what a person types: a folder's first page has the folder's name."""
    if path.stem == "index" and path.parent != MANUAL:
        return path.parent.name
    return path.stem


def _mark_headings(tokens: list[Token]) -> str:
    """Give headings the anchors of the site; return the first one's text."""
    seen: set[str] = set()
    title = ""
    for heading, inline in pairwise(tokens):
        if heading.type != "heading_open":
            continue
        title = title or re.sub(r"[`*]", "", inline.content)
        anchor = base = make_anchor(inline.content)
        number = 0
        while anchor in seen:
            number += 1
            anchor = f"{base}_{number}"
        seen.add(anchor)
        heading.attrs["id"] = anchor
    return title


def make_anchor(heading: str) -> str:
    """Return the anchor that the site has for a heading."""
    plain = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())
