"""Section pages, as editors and councils make them. Pure functions."""

from collections.abc import Sequence
from html import escape

from bench.week.world.serving.entries import Entry

_HEAD = '<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>News</title>{more}</head><body>'
_MENU = '<nav><a href="/about">About us</a> <a href="/contact">Contact</a></nav>'


def write_section(url: str, entries: Sequence[Entry], quirks: frozenset[str], *, language: str) -> bytes:  # fmt: skip
    """Return a page of links: a list of headlines, or a form that lists of councils and agencies have."""
    head = _HEAD.format(language=language, more="")
    menu = _MENU
    if "nav list" in quirks:
        links = "".join(f'<a href="{escape(one.link)}">{escape(one.title)}</a>' for one in entries)
        menu, body = "", f'<nav class="news-list">{links}</nav>'
    elif "base href" in quirks:
        head = _HEAD.format(language=language, more=f'<base href="{url}/base/">')
        body = "".join(
            f'<h2><a href="{escape(one.link.removeprefix(f"{url}/base/"))}">{escape(one.title)}</a></h2>'
            for one in entries
        )
    elif "read more" in quirks:
        body = "".join(
            f'<div><h2>{escape(one.title)}</h2><p>Something short.</p><a href="{escape(one.link)}">Read more</a></div>'
            for one in entries
        )
    elif "bare" in quirks:
        body = "".join(
            f'<h2><a href="{escape(one.link)}">{escape(one.title)}</a></h2>' for one in entries
        )
    else:
        items = "".join(
            f'<li><h2><a href="{escape(one.link)}">{escape(one.title)}</a></h2><p>{escape(one.summary)}</p></li>'
            for one in entries
        )
        body = f"<ul>{items}</ul>"
    if "calendar" in quirks:
        body += _write_calendar()
    return f"{head}{menu}<main>{body}</main><footer><a href='/imprint'>Imprint</a></footer></body></html>".encode()


def _write_calendar() -> str:
    days = "".join(
        f'<td><a href="/calendar/2026/{month:02d}/{day:02d}">Events of the day number {day} of month {month}</a></td>'
        for month in range(1, 13)
        for day in range(1, 29)
    )
    return f"<table>{days}</table>"
