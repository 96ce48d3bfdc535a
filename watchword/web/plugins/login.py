"""The owner's login: a page, a form, a cookie. Without a password in ``[web]`` the page says how else the owner gets in."""

import hmac
import logging
import math
from typing import Any
from urllib.parse import parse_qs

from datasette import hookimpl
from datasette.utils.asgi import Response
from itsdangerous import BadSignature

from crawler.log import log_event
from crawler.text.counts import write_count
from watchword.web.access.owner_login import SESSION_SECONDS, OwnerLogin
from watchword.web.forms.inbox import find_place

_log = logging.getLogger("watchword.web")
_LOGIN = "/-/login"
_OWNER = {"id": "root", "name": "Owner"}
# the longest that browsers keep a cookie (RFC 6265bis)
_KNOWN_SECONDS = 400 * 86_400
_OLD_FORM = "This page was open for too long, or your browser accepts no cookies. Please try again."
_WRONG = "Wrong password."
_CLOSED = "These pages are closed to visitors."


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Add the page to sign in; without a password it says how the owner gets in."""
    return [(rf"^{_LOGIN}$", login_page)]


@hookimpl
def extra_template_vars(datasette: Any, request: Any) -> dict[str, str]:
    """Add the address of the login page for templates; empty for who has signed in."""
    is_offered = not (request and request.actor)
    return {"web_login": datasette.urls.path(_LOGIN) if is_offered else ""}


@hookimpl
def skip_csrf(datasette: Any, scope: dict[str, Any]) -> bool:
    """Skip Datasette's check of the form's token, and check it here: its own lets requests without a cookie pass."""
    return bool(_login_of(datasette)) and scope.get("path") == datasette.urls.path(_LOGIN)


async def login_page(datasette: Any, request: Any) -> Response:
    """Show the form, or log in whoever sends the password, with the rights of ``browse --root``."""
    if request.method == "POST" and _login_of(datasette):
        return await _answer_form(datasette, request)
    if (refused := request.scope.get("refused_place")) is not None:
        place = find_place(refused)
        return await _show(datasette, request, place=place, lead=_CLOSED, status=403)
    place = find_place(request.args.get("next") or "")
    if request.actor:
        return Response.redirect(place or datasette.urls.instance())
    return await _show(datasette, request, place=place)


async def _answer_form(datasette: Any, request: Any) -> Response:
    form = parse_qs((await request.post_body()).decode("utf-8", "replace"))
    password, token, stated = (
        form.get(name, [""])[0] for name in ("password", "csrftoken", "next")
    )
    place = find_place(stated)
    # compared in constant time; see skip_csrf for why this is done here
    if not hmac.compare_digest(token.encode(), request.scope["csrftoken"]().encode()):
        return await _show(datasette, request, place=place, problem=_OLD_FORM, status=403)
    login: OwnerLogin = datasette.owner_login
    is_known = _is_known(datasette, request)
    if wait_seconds := math.ceil(login.wait_seconds(is_known=is_known)):
        return await _ask_to_wait(datasette, request, place=place, wait_seconds=wait_seconds)
    if login.is_right(password, is_known=is_known):
        return _let_in(datasette, place)
    log_event(_log, logging.WARNING, "login refused", known_browser=is_known)
    return await _show(datasette, request, place=place, problem=_WRONG, status=403)


def _let_in(datasette: Any, place: str) -> Response:
    log_event(_log, logging.WARNING, "owner logged in")
    response = Response.redirect(place or datasette.urls.instance(), status=303)
    # Datasette's own cookie of a login, so that its pages and permissions know the owner
    actor = datasette.sign({"a": _OWNER}, "actor")
    response.set_cookie("ds_actor", actor, max_age=SESSION_SECONDS, httponly=True)
    known = datasette.sign(True, "known")  # the value does not matter, its signature does
    response.set_cookie("ds_known", known, max_age=_KNOWN_SECONDS, httponly=True)
    return response


async def _ask_to_wait(datasette: Any, request: Any, *, place: str, wait_seconds: int) -> Response:
    wait = write_count(wait_seconds, "second")
    problem = f"Too many wrong passwords. Please try again in {wait}."
    response = await _show(datasette, request, place=place, problem=problem, status=429)
    response.headers["retry-after"] = str(wait_seconds)
    return response


async def _show(
    datasette: Any,
    request: Any,
    *,
    place: str,
    lead: str = "",
    problem: str = "",
    status: int = 200,
) -> Response:
    facts = {
        "place": place,
        "lead": lead,
        "problem": problem,
        "action": datasette.urls.path(_LOGIN),
        "has_password": _login_of(datasette) is not None,
    }
    page = await datasette.render_template("login.html", facts, request=request)
    return Response.html(page, status=status)


def _login_of(datasette: Any) -> OwnerLogin | None:
    return getattr(datasette, "owner_login", None)


def _is_known(datasette: Any, request: Any) -> bool:
    """Return whether a browser logged in before with the present password, which is part of the secret."""
    try:
        return datasette.unsign(request.cookies.get("ds_known", ""), "known") is True
    except BadSignature:
        return False
