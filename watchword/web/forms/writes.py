"""What a signed-in person can ask for with a button: each form becomes one request, and the next page says what came of it.

A form names its kind in the address, ``/-/do/mute``, and says in ``next`` where to go afterwards.
"""

import sqlite3
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from datasette.utils.asgi import Response

from crawler.clock import utc_now
from crawler.errors import DatabaseUnusable
from crawler.model.request import RequestKind
from crawler.storage.file.database import to_instant, to_text
from watchword.web.database_path import find_database
from watchword.web.forms.inbox import (
    ERROR,
    INFO,
    NOT_NOW,
    Answer,
    ask,
    find_place,
    read_form,
)
from watchword.web.forms.marks import OLD_FORM, refuse
from watchword.web.frame import Frame, find_frame

# of a watch or a source, as the configuration allows
_MOST_OF_NAME = 80
_MOST_DIGITS = 18
_WEEK = timedelta(days=7)
Form = Mapping[str, str]
Asked = tuple[RequestKind, Mapping[str, object]]


class _Incomplete(Exception):
    """A form of ours lacks a field, or has another program's."""


async def do(datasette: Any, request: Any) -> Response:
    """Store the request of a form, wait shortly for its answer, and go back."""
    frame = await find_frame(datasette, request)
    if request.method != "POST":
        return await refuse(datasette, request, 405, "Please use the buttons of a page.")
    form = await read_form(request)
    if form is None or not frame.visitor.may_write:
        return await refuse(datasette, request, 403, OLD_FORM)
    if request.url_vars["kind"] in _OF_OWNER and not frame.visitor.is_owner:
        return await refuse(datasette, request, 403, "Only the owner may do this.")
    try:
        kind, arguments = _FORMS[request.url_vars["kind"]](form)
    except (KeyError, _Incomplete, ValueError):
        return await refuse(datasette, request, 400, "Please use the buttons of a page.")
    who = f"web page: {frame.visitor.name}"
    try:
        answer = await ask(find_database(datasette), kind, arguments, asked_by=who)
    except (DatabaseUnusable, sqlite3.DatabaseError):
        return await refuse(datasette, request, 503, NOT_NOW)
    place = find_place(form.get("next", "")) or datasette.urls.instance()
    response = Response.redirect(place, 303)
    text, is_fault = describe_answer(answer, frame)
    datasette.add_message(request, text, ERROR if is_fault else INFO)
    return response


def describe_answer(answer: Answer, frame: Frame) -> tuple[str, bool]:
    """Return what came of a request in a sentence or two, and whether it was refused."""
    if answer.is_done is None:
        return (
            "Noted. This takes effect within seconds if Watchword is running, else as soon as it is started.",
            False,
        )
    if not answer.is_done:
        return f"Not done: {answer.text}", True
    return f"{answer.text} Done at {frame.time(to_instant(answer.done_at))}.", False


def _name(form: Form, key: str) -> str:
    name = form[key].strip()
    if not 0 < len(name) <= _MOST_OF_NAME:
        raise _Incomplete
    return name


def _number(stated: str) -> int:
    """Return the number of a row; longer ones than SQLite has would fail in the daemon."""
    if not stated.isdecimal() or len(stated) > _MOST_DIGITS:
        raise _Incomplete
    return int(stated)


def _numbers(form: Form, key: str) -> list[int]:
    return [_number(one) for one in form[key].split(",")]


def _mute(form: Form) -> Asked:
    """Mute a watch, in one story or about one source if the form names one, for a week or for good."""
    story = form.get("story", "")
    asked = {
        "watch": _name(form, "watch"),
        "story": _number(story) if story else None,
        "source": form.get("source") or None,
        "recipient": None,
        "until": to_text(utc_now() + _WEEK) if form.get("until") == "week" else None,
    }
    return RequestKind.MUTE, asked


def _unmute(form: Form) -> Asked:
    """End one mute of a watch, or all of them if the form names none."""
    mute = form.get("mute", "")
    return RequestKind.UNMUTE, {
        "watch": _name(form, "watch"),
        "mute": _number(mute) if mute else None,
    }


def _split(form: Form) -> Asked:
    return RequestKind.SPLIT, {
        "story": _number(form["story"]),
        "articles": _numbers(form, "articles"),
    }


def _reject(form: Form) -> Asked:
    return RequestKind.REJECT, {"alerts": _numbers(form, "alerts")}


def _visit(form: Form) -> Asked:
    return RequestKind.VISIT, {"sources": [_name(form, "source")]}


def _line_rule(form: Form) -> Asked:
    ruling = form["ruling"] or None
    if ruling not in {"cut", "keep", None}:
        raise _Incomplete
    asked = {"source": _name(form, "source"), "line": form["line"], "ruling": ruling}
    return RequestKind.LINE_RULE, asked


def _retry(form: Form) -> Asked:
    return RequestKind.RETRY, {"alerts": None}


def _save_watch(form: Form) -> Asked:
    """Give a watch another query, or add one; line breaks of the box are blanks to the watch language."""
    query = " ".join(form["query"].split())
    if not query:
        raise _Incomplete
    before = form.get("before") or None
    asked = {"name": _name(form, "name"), "query": query, "before": before}
    return RequestKind.SAVE_WATCH, asked


def _save_source(form: Form) -> Asked:
    """Add a source, or pause one or go on with it: a form says one or the other, and an empty address is neither."""
    url = form.get("url", "").strip()
    if not url and form.get("paused") not in {"0", "1"}:
        raise _Incomplete
    asked = {"name": _name(form, "name"), "url": url, "paused": form.get("paused") == "1"}
    return RequestKind.SAVE_SOURCE, asked


def _test_mail(form: Form) -> Asked:
    return RequestKind.TEST_MAIL, {"recipient": form["recipient"]}


# these are about messages, which only the owner sees
_OF_OWNER = frozenset({"retry", "test-mail"})
_FORMS: dict[str, Callable[[Form], Asked]] = {
    "mute": _mute,
    "unmute": _unmute,
    "split": _split,
    "reject": _reject,
    "visit": _visit,
    "line-rule": _line_rule,
    "retry": _retry,
    "save-watch": _save_watch,
    "save-source": _save_source,
    "test-mail": _test_mail,
}
ROUTES = [(r"^/-/do/(?P<kind>[a-z-]{1,20})$", do)]
