"""Spelling of URLs, and which of their parts do not identify an article: trackers, referrals, sessions.

There are three kinds of parameters: a *tracker* identifies nothing, whatever its value; a *referral* (``ref=rss``) and a
*token* (``sid=`` with 32 hexadecimal digits) identify nothing if their value shows it; all others may identify an article
(decision 007: keeping a tracker costs a second fetch, losing an id costs the news).
"""

import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus, unquote, unquote_to_bytes, urlsplit, urlunsplit

# parameters of advertising and analytics services; our own list, because courlan also drops ids such as `eid` (decision 007)
_TRACKERS = frozenset(
    {
        "fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "ysclid", "twclid", "ttclid",
        "igshid", "igsh", "li_fat_id", "mc_cid", "mc_eid", "mkt_tok", "_ga", "_gl", "_hsenc", "_hsmi", "vero_id",
        "oly_anon_id", "oly_enc_id", "wickedid", "srsltid", "ref_src", "ref_url", "guce_referrer", "guccounter",
        "guce_referrer_sig", "ns_mchannel", "ns_source", "ns_campaign", "fb_action_ids", "fb_action_types", "_openstat",
        "at_medium", "at_campaign", "xtor", "wt_mc", "wt_zmc", "pk_campaign", "pk_kwd", "pk_keyword", "pk_source",
        "pk_medium", "pk_content", "pk_cid",
    }
)  # fmt: skip
# Google, Matomo, HubSpot and AT Internet prefix their parameters
_TRACKER_STARTS = ("utm_", "mtm_", "matomo_", "hsa_", "__hs", "at_custom")
# on some site each of these has been the number of an article (miniflux/v2#3265), so the value decides
_REFERRALS = frozenset(
    {
        "ref", "src", "rss", "cmp", "cmpid", "ncid", "ocid", "smid", "sref", "source", "from", "referrer", "referer",
        "partner", "cid_source", "feature", "share", "shared",
    }
)  # fmt: skip
# values that say from where a reader came
_PLACES = frozenset(
    {
        "rss", "rss1", "rss2", "feed", "feeds", "atom", "xml", "home", "homepage", "hp", "index", "front",
        "frontpage", "main", "top", "topstories", "topnews", "news", "latest", "newest", "breaking", "trending",
        "popular", "mostread", "mostviewed", "recommended", "related", "more", "teaser", "teasers", "box", "list",
        "overview", "sidebar", "nav", "navigation", "menu", "header", "footer", "widget", "banner", "carousel",
        "slider", "headline", "headlines", "section", "channel", "archive", "newsletter", "newsletters", "email",
        "emails", "mail", "emailnewsletter", "briefing", "push", "notification", "alert", "alerts", "share",
        "shared", "social", "twitter", "tw", "x", "facebook", "fb", "linkedin", "instagram", "whatsapp", "telegram",
        "mastodon", "bluesky", "reddit", "pocket", "flipboard", "google", "googlenews", "bing", "yahoo", "msn",
        "apple", "search", "web", "www", "mobile", "desktop", "app", "ios", "android", "amp", "site", "self",
        "internal", "external", "direct", "link", "links", "url", "button", "btn", "text", "image", "img", "story",
        "article", "articles", "sharing", "copy", "sms", "int", "ext", "true", "yes", "on", "false", "no",
    }
)  # fmt: skip
# session parameters by name alone, whatever their value
_SESSIONS = re.compile(
    r"jsessionid|phpsessid|aspsessionid\w*|asp\.net_sessionid|oscsid|zenid|cftoken|laravel_session|sessid|phpsession",
    re.IGNORECASE,
)
# session parameters only if the value looks like a token: `s` and `sid` are article numbers elsewhere
_TOKENS = frozenset({"sid", "s", "session", "sessionid", "session_id", "sess", "sessionkey", "xid"})
# 16 or more letters and digits mixed, or 32 hexadecimal digits; an article's number has only digits, its name has none
_TOKEN = re.compile(r"(?=[^\d]*\d)(?=[^a-z]*[a-z])[a-z0-9_-]{16,}|[0-9a-f]{32,}", re.IGNORECASE)
# cache busters: an instant or a random number, different at each fetch; each visit once took the link for a new article
_BUSTERS = frozenset({
    "_", "_t", "_ts", "t", "ts", "time", "timestamp", "rnd", "rand", "random", "cb", "cachebuster", "cache_buster", "nocache",
    "no_cache", "bust", "refresh", "r", "v", "_r", "_cb", "dc", "_dc", "nc",
})  # fmt: skip
# Unix time from 2017 to 2033 in seconds or milliseconds, Math.random(), or a longer run of digits
_CHANCE = re.compile(r"1[5-9]\d{8}(?:\d{3})?|0\.\d{6,20}|\d{13,20}")
# sessions of Java servlets and PHP in the path: "/news;jsessionid=0A1B"
_PATH_SESSION = re.compile(
    r";(?:jsessionid|phpsessid|sessionid|session_id|sid|sess)=[^/;?]*", re.IGNORECASE
)
# ASP.NET without cookies: "/(S(lit3py55t21z5v55vlm25s55))/news"
_ASP_SESSION = re.compile(r"/\((?:[ASFX]\([^()/]{4,200}\))+\)(?=/)")
# the document of a folder: "/news/index.html" is "/news"
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php\d?|aspx?|jsp|cfm)$", re.IGNORECASE)
# "/article.php" alone names no article: the parameter does
_SCRIPT = re.compile(r"\.(?:php\d?|aspx?|jsp|cgi|cfm|pl|do|dll|exe)$", re.IGNORECASE)
# a host as a referral; what ends like a file name is none
_HOST = re.compile(
    r"(?:https?:/*)?(?:[a-z0-9_-]+\.)+(?!html?$|php$|aspx?$|pdf$|xml$|txt$|jpe?g$)[a-z]{2,}/?"
)
# the value of a referral in words ("front-page"); anything with a digit may be a number of an article
_WORDS = re.compile(r"[a-z]+(?:[-_. +][a-z]+){0,4}")
# shorter numbers are pages, days and two-digit years
_LONG_NUMBER = re.compile(r"\d{3}")
# RFC 3986, 2.2 and 2.3: characters that mean the same in a path as their escapes
_PLAIN = "!$&'()*+,;=:@~"
_IS_PLAIN = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?")
# what a browser escapes in a path or query; everything else is kept, existing escapes included. Of signs beyond ASCII, which it
# escapes too, only blanks, at which an address ends where it is shown, and those that break a line or turn its direction
_UNSENT = re.compile(
    r"[\x00-\x20\"<>`\x7f-\xa0\u061c\u1680\u2000-\u200a\u200e\u200f\u2028-\u202f\u205f\u2066-\u2069\u3000]"
)
_DOTS = frozenset({".", ".."})
_LINE_ENDS = dict.fromkeys(map(ord, "\t\r\n"))
# of a link: C0 controls as browsers do, and the blanks of every script, which hands and feeds put there
_ENDS = "".join(sign for sign in map(chr, range(0x3001)) if sign < " " or sign.isspace())


def trim_link(link: str) -> str:
    """Return a link without what browsers take out: tabs and line ends anywhere, blanks and controls at its ends (WHATWG).

    ``urljoin`` returns an absolute link as it is written, and others look for ``http://`` at its beginning.
    """
    return link.translate(_LINE_ENDS).strip(_ENDS)


def without_dots(url: str) -> str:
    """Return an address without ``.`` and ``..`` in its path: neither browsers nor curl send them."""
    if "/." not in url:
        return url
    parts = urlsplit(url)
    before, segments = parts.path.split("/"), list[str]()
    if not _DOTS.intersection(before):
        return url
    for segment in before[1:]:
        if segment == "..":
            segments = segments[:-1]
        elif segment != ".":
            segments.append(segment)
    end = "/" if before[-1] in _DOTS and segments else ""
    return urlunsplit(parts._replace(path=f"/{'/'.join(segments)}{end}"))


def escape_unsent(text: str) -> str:
    """Return a path or query with blanks, controls, quotes and angle brackets escaped; the rest stays as it is."""
    return _UNSENT.sub(lambda sign: quote(sign[0], safe=""), text)


def drop_trackers(query: str) -> str:
    """Return a query without the parameters of trackers; the others are not rewritten (Latin-1 escapes stay Latin-1)."""
    return "&".join(part for part in query.split("&") if not _is_tracker(_name_of(part)))


def plain_path(path: str) -> str:
    """Return the normal form of a path: RFC 3986, 6.2.2, without session, index file or doubled slash."""
    # nearly every address, and a sitemap has fifty thousand of them
    if _IS_PLAIN.fullmatch(path):
        return _INDEX.sub("", path).rstrip("/")
    segments: list[str] = []
    for raw in path.split("/"):
        segment = quote(unquote_to_bytes(raw.encode("utf-8", "replace")), safe=_PLAIN)
        if segment == "..":
            segments = segments[:-1]
        elif segment not in {"", "."}:
            segments.append(segment)
    plain = _PATH_SESSION.sub("", "/" + "/".join(segments))
    return _INDEX.sub("", _ASP_SESSION.sub("", plain)).rstrip("/")


def plain_query(query: str, path: str, *, keep_doubtful: bool) -> list[str]:
    """Return the parameters that may identify an article, each in its normal form, sorted.

    keep_doubtful  keep referrals, tokens and cache busters too, whatever their value
    """
    pairs = [(name, value) for name, value in _split(query) if not _names_nothing(name, query)]
    if not keep_doubtful:
        doubtful = {pair for pair in pairs if _is_doubtful(*pair)}
        rest = [value for name, value in pairs if (name, value) not in doubtful]
        is_named = _names_an_article(path) or any(map(_has_digit, rest))
        # "/?ref=12" and "/article.php?s=..." with nothing else: the doubtful parameter is all that can identify it
        is_bare = not path or (bool(_SCRIPT.search(path)) and not any(rest))
        pairs = [
            (name, value)
            for name, value in pairs
            if is_bare or (name, value) not in doubtful or not _may_go(name, value, is_named)
        ]
    return [f"{name}={value}" for name, value in sorted(pairs)]


def _split(query: str) -> Iterator[tuple[str, str]]:
    # a feed that escapes twice leaves &amp; in the address; its "amp;" comes first where a tracker before it was dropped
    for part in query.replace("&amp;", "&").removeprefix("amp;").split("&"):
        if part:
            name, _, value = part.partition("=")
            yield _plain_form(name), _plain_form(value)


def _plain_form(text: str) -> str:
    return quote_plus(unquote_to_bytes(text.replace("+", " ").encode("utf-8", "replace")))


def _name_of(part: str) -> str:
    return part.removeprefix("amp;").partition("=")[0].lower()


def _is_tracker(name: str) -> bool:
    return name in _TRACKERS or name.startswith(_TRACKER_STARTS)


def _names_nothing(name: str, query: str) -> bool:
    lower = name.lower()
    # CFID is a small number and means a session only beside its token
    is_half = lower == "cfid" and "cftoken=" in query.lower()
    return _is_tracker(lower) or is_half or _SESSIONS.fullmatch(name) is not None


def _is_doubtful(name: str, value: str) -> bool:
    lower = name.lower()
    return (
        lower in _REFERRALS
        or (lower in _TOKENS and _TOKEN.fullmatch(value) is not None)
        or _is_buster(lower, value)
    )


def _is_buster(name: str, value: str) -> bool:
    return name in _BUSTERS and _CHANCE.fullmatch(value) is not None


def _may_go(name: str, value: str, is_named: bool) -> bool:
    """Return whether a doubtful parameter identifies nothing: a referral by its value, or a session.

    is_named  path or other parameters identify the article without it
    """
    if name.lower() in _TOKENS or _is_buster(name.lower(), value):
        return is_named
    word = unquote(value).replace("+", " ").lower()
    if not word or _HOST.fullmatch(word[:300]):
        return True
    if all(part in _PLACES for part in re.split(r"[^a-z0-9]+", word[:300]) if part):
        return True
    # any other words, up to 30 characters, are a referral only if path or other parameters already identify the article
    return is_named and len(word) <= 30 and _WORDS.fullmatch(word) is not None


def _names_an_article(path: str) -> bool:
    # a slug of three words or more, or a number of three digits: "/news/oil-depot-hit", "/12345"
    return any(
        segment.count("-") >= 2 or segment.count("_") >= 2 or _LONG_NUMBER.search(segment)
        for segment in path.split("/")
    )


def _has_digit(value: str) -> bool:
    return any(sign.isdigit() for sign in value)
