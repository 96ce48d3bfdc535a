"""How an answer is sent: compressed, without a length, only with a cookie or a login. Pure functions."""

import base64
import gzip
import hashlib

from bench.week.servers.server import Response
from bench.week.world.serving.walls import NOT_FOUND

LOGIN = "ada:s3cret"
# the secrets that a person sets for a source, and no other site may see
KEY = "only-for-this-house"
MEMBER = "member=yes"
_PROOF = base64.b64encode(LOGIN.encode()).decode()
# quirk -> the secret it wants
SECRETS = {"userinfo": _PROOF, "login wanted": _PROOF, "own key": KEY, "subscribers": MEMBER}
_LONG = ("X-Long", "x" * 20_000)


def refuse_stranger(quirks: frozenset[str], headers: dict[str, str], *, is_own: bool) -> Response | None:  # fmt: skip
    """Return a refusal for requests without the login or key that this kind of site wants at its own host; else None."""
    is_known = headers.get("authorization") == f"Basic {_PROOF}"
    if quirks & {"userinfo", "login wanted"} and not is_known:
        wanted = [("WWW-Authenticate", "Basic realm=x")]
        return Response(status=401, body=NOT_FOUND, headers=wanted)
    if "own key" in quirks and is_own and headers.get("x-key") != KEY:
        return Response(status=403, body=NOT_FOUND)
    return None


def want_cookie(path: str, headers: dict[str, str]) -> Response | None:
    """Return a redirect to the same address that sets a cookie, for requests without one; else None."""
    if "seen=1" in headers.get("cookie", ""):
        return None
    cookie = [("Location", path), ("Set-Cookie", "seen=1; Path=/")]
    return Response(status=302, headers=cookie)


def send_feed(response: Response, headers: dict[str, str], quirks: frozenset[str]) -> Response:
    """Return the answer with a feed, as the site's server sends it."""
    body = response.body
    if "etag" in quirks:
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if headers.get("if-none-match") == etag:
            return Response(status=304, headers=[("ETag", etag)])
        response.headers.append(("ETag", etag))
    if "304 to all" in quirks and "no-cache" not in headers.get("cache-control", ""):
        return Response(status=304)
    if "gzip" in quirks:
        response.body = gzip.compress(body)
    if "gzip twice" in quirks:
        response.body = gzip.compress(gzip.compress(body))
    if quirks & {"gzip twice", "gzip said"}:
        response.headers.append(("Content-Encoding", "gzip"))
    return send_page(response, quirks)


def send_page(response: Response, quirks: frozenset[str]) -> Response:
    """Return the answer with a page or feed, with the oddities of the site's server."""
    if quirks & {"no length", "HTTP/1.0"}:
        response.has_length = False
    if "HTTP/1.0" in quirks:
        response.version = "HTTP/1.0"
    if "long header" in quirks:
        response.headers.append(_LONG)
    return response
