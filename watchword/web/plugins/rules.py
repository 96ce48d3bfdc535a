"""The rules of the web pages: who may see what, which headers are sent, and what an error looks like.

One gate stands before every path, ours and Datasette's: what a visitor may not see is refused there, whatever a page behind it
would have done.
"""

import logging
import sqlite3
from collections.abc import Callable
from typing import Any

from datasette import hookimpl
from datasette.utils.asgi import Base400, Forbidden, NotFound, Response
from datasette.views.base import DatasetteError

from crawler.errors import DatabaseUnusable
from crawler.log import log_event
from crawler.storage.backup.snapshot import PRIVATE_TABLES
from watchword.web.access.gate import Gate
from watchword.web.access.visitors import OWNER_ID
from watchword.web.frame import show
from watchword.web.reading import TooSlow

_log = logging.getLogger("watchword.web")


@hookimpl
def permission_allowed(actor: dict[str, Any] | None, action: str, resource: object) -> bool | None:
    """Allow only the owner to see recipients and answers of mail servers, and to run SQL, which could read them."""
    is_owner = bool(actor) and (actor or {}).get("id") == OWNER_ID
    if action in {"execute-sql", "view-database-download"}:
        return is_owner
    if action == "view-table" and isinstance(resource, tuple) and resource[1] in PRIVATE_TABLES:
        return is_owner
    return None


@hookimpl
def actor_from_request(datasette: Any, request: Any) -> dict[str, Any] | None:
    """Return whom the proxy in front signed in, if there is one and the request came from its address."""
    proxy = getattr(datasette, "proxy_login", None)
    if proxy is None:
        return None
    client = (request.scope.get("client") or ("",))[0]
    return proxy.find_actor(client, request.scope["headers"])  # type: ignore[no-any-return]


@hookimpl
def asgi_wrapper(datasette: Any) -> Callable[[Any], Any]:
    """Let every request through the gate."""
    return lambda application: Gate(application, datasette)


@hookimpl(tryfirst=True)
def handle_exception(datasette: Any, request: Any, exception: Exception) -> Any:
    """Answer an error with a page of ours that says what to do; programs get Datasette's own answer."""
    stated = exception
    if isinstance(exception, DatasetteError) and exception.status == 500:
        # Datasette's word for what it was asked wrongly, such as to sort by a column that is not there
        exception.status = 400
    elif isinstance(exception, AssertionError) and "only POST to" in str(exception):
        # its assertion that nobody posts to a table
        exception = DatasetteError("This address takes no forms.", status=405)
    status, title, sentence = _describe(exception)
    if status == 500:
        log_event(_log, logging.ERROR, "page broke", path=request.path, exc_info=exception)
    is_for_program = request.path.split("?")[0].endswith(".json")
    if is_for_program and status < 500 and exception is stated:
        return None

    async def answer() -> Response:
        if is_for_program:
            # Datasette would answer with the text of the error
            told = {"ok": False, "error": sentence, "status": status, "title": title}
            return Response.json(told, status=status)
        facts = {"title": title, "sentence": sentence, "code": status}
        return await show(datasette, request, "oops.html", status=status, **facts)

    return answer


def _describe(exception: Exception) -> tuple[int, str, str]:
    if isinstance(exception, NotFound):
        return (
            404,
            "There is no page here",
            "The address may be mistyped. Stories that were joined with others keep their old address.",
        )
    if isinstance(exception, Forbidden):
        return 403, "Only the owner may see this", "Sign in as the owner to see it."
    if isinstance(exception, TooSlow):
        return (
            503,
            "This took too long",
            "Reading it was ended after five seconds, so that others do not wait. Narrow it down, or try again later.",
        )
    if isinstance(exception, Base400 | DatasetteError):
        status = int(getattr(exception, "status", 400) or 400)
        return status, "This could not be done", str(exception.args[0] if exception.args else "")
    if isinstance(exception, DatabaseUnusable | sqlite3.DatabaseError):
        return (
            503,
            "The database cannot be read just now",
            "Nothing is lost by that. Please try again in a minute; `watchword doctor` says what is wrong.",
        )
    return (
        500,
        "This page broke",
        "That is a fault of Watchword. What happened is in the output of `watchword browse`.",
    )
