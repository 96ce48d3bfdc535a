"""The addresses of articles, and the links to them in feeds. Pure functions."""

import random

# quirks with which all entries of a feed share one page
SHARED = "/notices"
# parameters by which some systems number articles, and others count visitors
_NUMBERED = ("ref", "src", "cmp", "rss")
# kinds in whose addresses nothing names the article
HIDES_TOKEN = frozenset({"text in feed", "one page", "number parameter", "number query", "nodes"})


def write_path(form: str, quirks: frozenset[str], *, token: str, folder: str) -> str:
    """Return the request target of an article, from its token and the folder of its day."""
    number = int(token[4:7])
    name = _NUMBERED[number % len(_NUMBERED)]
    if form == "page":
        return f"/notices-{token}.html"
    for quirk, path in (
        ("one page", f"{SHARED}#{token}"),
        ("parts", f"{SHARED}#{token}"),
        ("number parameter", f"/{name}.aspx?{name}={1040 + number}"),
        ("number query", f"/?p={20 + number}"),
        ("nodes", f"/node/{9100 + number}"),
        ("base href", f"/base/deep/news-of-{token}.html"),
        ("xml:base", f"/archive/news-{token}.html"),
        ("blanks", f"/{folder}/news%20item%20{token}.html"),
        ("latin escapes", f"/caf%E9/news-{token}.html?ort=K%F6ln"),
        ("app page", f"/@ada/{token}"),
        ("headline alone", f"/rss/articles/{token}?oc=5"),
        ("pdf", f"/{folder}/minutes-{token}.pdf"),
        ("plain text", f"/{folder}/release-{token}.txt"),
        ("comments", f"/{folder}/news-{token}/"),
    ):
        if quirk in quirks:
            return path
    return f"/{folder}/news-{token}.html"


def write_link(url: str, path: str, quirks: frozenset[str], *, is_renumbered: bool) -> str:
    """Return a feed's link to an article at a path of a site."""
    name = path.rpartition("/")[2]
    if "session" in quirks:
        number = f"{random.getrandbits(64):016x}"
        return f"{url}{path}{';jsessionid=' if number < '8' else '?PHPSESSID='}{number}"
    for quirk, link in (
        ("one page", SHARED),
        ("refresh article", f"/url?q={name}"),
        ("moved links", f"/p/{name}" if is_renumbered else path),
        ("trackers", f"{path}?utm_source=rss&utm_medium=feed"),
        ("blanks", path.replace("%20", " ")),
    ):
        if quirk in quirks:
            return f"{url}{link}"
    return f"{url}{path}"
