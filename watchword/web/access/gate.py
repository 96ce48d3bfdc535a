"""The gate before every path, ours and Datasette's: what a visitor may not see is refused here, whatever a page would have done."""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, unquote

from datasette.plugins import pm
from datasette.utils import await_me_maybe
from datasette.utils.asgi import Request

from watchword.web.access.feed_keys import FEED_PATH, is_feed_key
from watchword.web.access.visitors import Openness, find_visitor
from watchword.web.database_path import find_database
from watchword.web.public_address import SIGN_IN

_Receive = Callable[[], Awaitable[dict[str, Any]]]
_Send = Callable[[dict[str, Any]], Awaitable[None]]
# Datasette calls what its views have under the name of the method, and breaks where that is nothing, or another function
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
# our longest form is a watch's query; Datasette would read any body: a form of 300 MB took 257 MB of memory
_MOST_BODY_BYTES = 64 * 1024
_HEADERS = (
    # nothing from other hosts: if markup from a web page ever got through, it could load and send nothing
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        b"connect-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)
# style sheet and icon, the sign-in, and signed links, which are their own proof
_FREE = re.compile(
    r"/assets/[a-z.-]+|/favicon\.ico|/-/login|/-/logout|/-/auth-token|/-/message/[^/]+"
)
# what shows neither watches nor alerts
_OF_EVERYBODY = re.compile(
    # articles and stories also at the address that mails state, which leads on to ours
    r"/search(?:\.csv|\.json)?|(?:/[^/.]+)?/(?:stories|articles)/[0-9]+|/sources(?:/[^/]+)?"
)
# paths of ours below Datasette's "/-/", which otherwise shows settings, versions and threads
_OF_OURS = re.compile(r"/-/(?:alerts|stories|articles|watches|sources|static|do)\b.*")


class Gate:
    """An ASGI application that refuses what a visitor may not see, limits request bodies, and adds strict headers to every answer."""

    def __init__(self, application: Any, datasette: Any) -> None:
        self._application = application
        self._datasette = datasette

    async def __call__(self, scope: dict[str, Any], receive: _Receive, send: _Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return

        async def send_guarded(event: dict[str, Any]) -> None:
            if event["type"] == "http.response.start":
                event = {**event, "headers": _with_strict(event.get("headers", []))}
            await send(event)

        if scope["method"] not in _WITHOUT_BODY:
            try:
                receive = await _receive_whole(receive)
            except _TooLong:
                await _answer(send_guarded, 413, "The request is too long.\n")
                return
        if not await self._may_pass(scope, receive):
            await self._refuse(scope, receive, send_guarded)
        elif scope["method"] not in _METHODS:
            await _answer(send_guarded, 405, "This method is not known here.\n")
        else:
            await self._application(scope, receive, send_guarded)

    async def _may_pass(self, scope: dict[str, Any], receive: _Receive) -> bool:
        datasette = self._datasette
        path = "/" + scope["path"].removeprefix(datasette.setting("base_url")).lstrip("/")
        if _FREE.fullmatch(path):
            return True
        request = Request(scope, receive)
        visitor = find_visitor(await _find_actor(datasette, request), datasette.openness)
        if visitor.is_owner:
            return True
        if _is_for_owner(path, request.query_string):
            return False
        if visitor.sees_alerts:
            return True
        if found := FEED_PATH.fullmatch(path):
            key = (parse_qs(request.query_string).get("key") or [""])[0]
            return is_feed_key(find_database(datasette), found["watch"] or "", key)
        return datasette.openness is Openness.PUBLIC and bool(_OF_EVERYBODY.fullmatch(path))

    async def _refuse(self, scope: dict[str, Any], receive: _Receive, send: _Send) -> None:
        """Answer 403: a browser gets the page to sign in, which leads back to where it wanted to go; programs a line."""
        accepts = dict(scope["headers"]).get(b"accept", b"")
        if scope["method"] not in {"GET", "HEAD"} or b"html" not in accepts:
            await _answer(send, 403, SIGN_IN)
            return
        login = f"{self._datasette.setting('base_url')}-/login"
        query = scope.get("query_string", b"").decode("latin-1")
        asked = (scope.get("raw_path") or b"/").decode("latin-1").partition("?")[0]
        shown = {
            **scope,
            "path": login,
            "raw_path": login.encode(),
            "query_string": b"",
            "refused_place": f"{asked}?{query}" if query else asked,
        }
        await self._application(shown, receive, send)


def _with_strict(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return headers with ours added; a page with a policy of its own (a kept page) keeps that."""
    stated = {name.lower() for name, _ in headers}
    return [*headers, *((name, value) for name, value in _HEADERS if name not in stated)]


def _is_for_owner(path: str, query: str) -> bool:
    """Return whether only the owner may ask this, of all who see watches and alerts."""
    is_datasettes = path.startswith("/-/") and not _OF_OURS.fullmatch(path)
    # how many rows of private tables refer to a row: Datasette counts them without asking who may see them
    return is_datasettes or "foreign_key_tables" in unquote(query)


async def _find_actor(datasette: Any, request: Any) -> dict[str, Any] | None:
    for found in pm.hook.actor_from_request(datasette=datasette, request=request):
        actor: dict[str, Any] | None = await await_me_maybe(found)
        if actor:
            return actor
    return None


class _TooLong(Exception):
    """A request body is longer than any form of ours."""


async def _receive_whole(receive: _Receive) -> _Receive:
    """Return a receive function that repeats a body which was read up to our limit: Datasette has none of its own.

    raises  _TooLong as soon as the body is longer, whatever length its header states
    """
    body, is_whole = bytearray(), False
    while not is_whole:
        event = await receive()
        if event["type"] != "http.request":
            break
        body += event.get("body", b"")
        is_whole = not event.get("more_body", False)
        if len(body) > _MOST_BODY_BYTES:
            raise _TooLong
    events = iter([{"type": "http.request", "body": bytes(body), "more_body": not is_whole}])

    async def replay() -> dict[str, Any]:
        return next(events, None) or await receive()

    return replay


async def _answer(send: _Send, status: int, line: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": line.encode()})
