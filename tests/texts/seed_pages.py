"""The first specimen page, rendered into HTML as sites of its kind write it.

Its text is kept beside the project, not in it (``../shared/seed``); tests that need it are skipped where it is absent.
"""

from dataclasses import dataclass
from html import escape
from pathlib import Path

SEED = Path(__file__).resolve().parents[3] / "shared" / "seed" / "alahednews-2022-12-13.txt"
MARKUPS = ("classed", "class-less", "br", "semantic")


@dataclass(frozen=True)
class SeedText:
    """The parts of the seed page."""

    headline: str
    byline: str
    paragraphs: tuple[str, ...]
    tags: tuple[str, ...]
    sidebar: tuple[tuple[str, str], ...]


def read_seed() -> SeedText:
    """Return the parts of the text, cut at its own landmarks."""
    lines = [line.rstrip() for line in SEED.read_text(encoding="utf-8").split("\n")]
    full = [line for line in lines if line.strip()]
    byline = next(line for line in full if line.startswith("By "))
    start = full.index(byline)
    end = full.index("Comments")
    headline = full[full.index("  1. Home") + 1]
    tail = full[
        full.index("  1. Related News") + 1 : full.index(
            next(line for line in full if "Copyright" in line)
        )
    ]
    return SeedText(
        headline=headline,
        byline=byline,
        paragraphs=tuple(full[start + 1 : end - 1]),
        tags=tuple(full[end - 1].split()),
        sidebar=tuple((tail[at], tail[at + 2]) for at in range(0, len(tail), 3)),
    )


def render_seed(
    markup: str,
    *,
    text: SeedText | None = None,
    ago: str = "9 hours ago",
    clock: str = "13-12-2022 Hour: 01:45",
    headline: str | None = None,
    paragraphs: tuple[str, ...] | None = None,
) -> bytes:
    """Return the page; the other arguments make it a later rendering, a sibling page or a copy."""
    seed = text or read_seed()
    title = escape(headline or seed.headline)
    body = paragraphs or seed.paragraphs

    def css(name: str) -> str:
        return "" if markup == "class-less" else f' class="{name}"'

    sidebar = "".join(
        f"<li><a href='/n/{number}'>{escape(line)}</a><h5><a href='/n/{number}'>{escape(line)}</a></h5>"
        f"<span{css('time')}>{ago if line == seed.headline else when}</span></li>"
        for number, (line, when) in enumerate(seed.sidebar)
    )
    tags = " ".join(f'<a{css("tag")} rel="tag" href="/t/{tag}">{tag}</a>' for tag in seed.tags)
    parts = [escape(part) for part in (seed.byline, *body)]
    prose = (
        "<br><br>".join(parts) if markup == "br" else "".join(f"<p>{part}</p>" for part in parts)
    )
    ld = (
        '<script type="application/ld+json">{"@context":"https://schema.org","@type":"NewsArticle","headline":'
        f'"{title}"}}</script>'
        if markup == "semantic"
        else ""
    )
    open_, close = (
        ("<article>", "</article>") if markup == "semantic" else (f"<div{css('post')}>", "</div>")
    )
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{ld}</head><body>
<div> date 2022-12-13 <noscript>No Script</noscript></div><div{css("loader")}>Please Wait...</div>
<div{css("search")}><i{css("material-icons")}>search</i><i{css("material-icons")}>close</i></div>
<div{css("banner")}>40 Years of Hezbollah</div><ol{css("breadcrumb")}><li>Home</li></ol>
<div{css("page-title")}>{title}</div>{open_}<h1{css("title")}>{title}</h1>
<div{css("meta")}><span{css("category")}><i{css("material-icons")}>folder_open</i>Iran</span>
<span{css("time")}><i{css("material-icons")}>access_time</i> {ago}</span></div>
<div{css("tools")}><i{css("material-icons")}>star</i>Add to favorites</div>
<div{css("article-text")}>{prose}</div><div{css("tags")}>{tags}</div>{close}
<div{css("comments")}><h4>Comments</h4></div>
<div{css("related")}><ol><li>Related News</li></ol><ul>{sidebar}</ul></div>
<footer><div>Alahednews Copyright Alahednews @ 2022</div><div>Last Update: {clock} Beirut Timing</div>
<i{css("material-icons")}>whatshot</i></footer></body></html>""".encode()
