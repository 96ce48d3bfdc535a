"""The answers at the address of an article, before, during and after its publication."""

import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from bench.week.servers.server import Response
from bench.week.world.facts import Fact
from bench.week.world.serving import pages, walls
from bench.week.world.serving.addresses import SHARED
from bench.week.world.serving.sending import MEMBER, send_page, want_cookie
from bench.week.world.texts.texts import Text
from tests.texts.pdfs import make_pdf

if TYPE_CHECKING:
    from bench.week.world.sites import Site

# by how much a feed is ahead of its pages
EARLY = timedelta(seconds=15)
_PARTS = 3
_LINE = 90


def answer_article(site: "Site", path: str, headers: dict[str, str]) -> Response:
    """Return an article's page, or what is shown in its place."""
    now, plain = datetime.now(UTC), path.partition("?")[0].partition(";")[0]
    if plain == walls.LOGIN_PATH:
        return Response(body=walls.write_login(site.name))
    if plain == SHARED:
        return _answer_shared(site, now)
    moved = _redirect(site, path, plain)
    if moved is not None:
        return moved
    fact = site.facts.get(path) or site.facts.get(plain) or _find_renumbered(site, plain)
    if fact is None or "text in feed" in site.quirks:
        return Response(status=404, body=walls.NOT_FOUND)
    instead = _answer_instead(site, fact, path, headers, now)
    if instead is not None:
        return instead
    if "page=" not in path:
        fact.served.append((now, len(fact.states) - 1))
    return send_page(_write(site, fact, path, headers, now), site.quirks)


def _redirect(site: "Site", path: str, plain: str) -> Response | None:
    """Return the redirect from an address that is not an article's own; else None."""
    token = plain.rpartition("/")[2]
    if "refresh article" in site.quirks and plain == "/url":
        name = path.rpartition("=")[2]
        found = next((one for one in site.facts if one.endswith(f"/{name}")), None)
        return Response(body=walls.write_refresh(found)) if found else None
    if "moved links" in site.quirks and site.phase.is_renumbered and not plain.startswith("/p/"):
        return Response(status=301, headers=[("Location", f"{site.url}/p/{token}")])
    return None


def _find_renumbered(site: "Site", plain: str) -> Fact | None:
    if "moved links" not in site.quirks or not plain.startswith("/p/"):
        return None
    name = plain.removeprefix("/p")
    return next((fact for path, fact in site.facts.items() if path.endswith(name)), None)


def _answer_shared(site: "Site", now: datetime) -> Response:
    """Return the one page that holds all articles."""
    facts = list(site.facts.values())[::-1]
    for fact in facts:
        fact.served.append((now, len(fact.states) - 1))
    texts = [(fact.token, fact.text) for fact in facts]
    return Response(body=pages.write_parts("Notices of the house", texts, site.language))


def _answer_instead(
    site: "Site", fact: Fact, path: str, headers: dict[str, str], now: datetime
) -> Response | None:
    """Return what an article's address shows in its place, if anything."""
    quirks = site.quirks
    if fact.gone_at is not None and fact.gone_at <= now:
        fact.gone_seen_at = fact.gone_seen_at or now
        return Response(status=410, body=walls.NOT_FOUND)
    if site.phase.is_walled:
        return Response(body=walls.WALL)
    if instead := (_close(site, fact) if fact.is_closed else None) or _show_early(site, fact, now):
        return instead
    if quirks & {"app page", "headline alone"}:
        fact.served.append((now, len(fact.states) - 1))
        return Response(body=walls.write_shell(site.name))
    return want_cookie(path, headers) if "cookie for pages" in quirks else None


def _close(site: "Site", fact: Fact) -> Response | None:
    """Return what is shown in place of an article that nobody may read."""
    if "login" in site.quirks:
        where = f"{site.url}{walls.LOGIN_PATH}?next={quote(fact.path)}"
        return Response(status=302, headers=[("Location", where)])
    if "soft error" in site.quirks:
        return Response(body=walls.write_missing(int(fact.token[4:7])))
    return None


def _show_early(site: "Site", fact: Fact, now: datetime) -> Response | None:
    """Return what is shown while the feed is ahead of the page."""
    if now >= fact.published_at + EARLY:
        return None
    if "early 404" in site.quirks:
        return Response(status=404, body=walls.NOT_FOUND)
    is_stub = "early stub" in site.quirks
    return Response(body=walls.write_stub(fact.text.headline)) if is_stub else None


def _write(site: "Site", fact: Fact, path: str, headers: dict[str, str], now: datetime) -> Response:
    quirks, text = site.quirks, fact.text
    if site.kind.form == "page":
        moment = now if "noise" in quirks else None
        items = [paragraph.text for paragraph in text.paragraphs]
        return Response(body=pages.write_list(text.headline, items, site.language, moment=moment))
    if "plain text" in quirks:
        lines = "\n\n".join([text.headline, *(one.text for one in text.paragraphs)])
        return Response(body=lines.encode(), content_type="text/plain; charset=utf-8")
    if "pdf" in quirks:
        return Response(body=_write_pdf(fact), content_type="application/pdf")
    if "subscribers" in quirks and MEMBER not in headers.get("cookie", ""):
        quirks |= {"paywall"}
    text, next_page = _take_part(fact, path) if "in parts" in quirks else (text, "")
    encoding = "windows-1251" if "cp1251" in quirks else "utf-8"
    around = pages.Around(
        sidebar=site.sidebar,
        comments=[f"{one} again, I saw it" for one in site.sidebar],
        canonical=f"{site.url}/news/" if "one canonical" in quirks else "",
        next_page=next_page,
        layout=zlib.crc32(site.name.encode()) % len(pages.LAYOUTS),
    )
    body = pages.write_page(
        text, published_at=fact.published_at, around=around, quirks=quirks, encoding=encoding
    )
    return Response(body=body, content_type=f"text/html; charset={encoding}")


def _take_part(fact: Fact, path: str) -> tuple[Text, str]:
    """Return the requested part of an article, and the address of the next one."""
    number = int(path.rpartition("page=")[2]) if "page=" in path else 1
    size = -(-len(fact.text.paragraphs) // _PARTS)
    shown = fact.text.paragraphs[(number - 1) * size : number * size]
    follows = number * size < len(fact.text.paragraphs)
    next_page = f"{fact.path}?page={number + 1}" if follows else ""
    return replace(fact.text, paragraphs=shown), next_page


def _write_pdf(fact: Fact) -> bytes:
    headline = _fit_font(fact.text.headline)
    lines = [headline, ""]
    for one in fact.text.paragraphs:
        words = _fit_font(one.text)
        while words:
            cut = words.rfind(" ", 0, _LINE) if len(words) > _LINE else len(words)
            lines.append(words[:cut].strip())
            words = words[cut:].strip()
        lines.append("")
    return make_pdf(lines[:48], lines[48:], title=headline)


def _fit_font(text: str) -> str:
    """Return a text reduced to Latin-1, as the PDF's font has no other characters; corpora have."""
    return text.replace("\u2019", "'").encode("latin-1", "replace").decode("latin-1")
