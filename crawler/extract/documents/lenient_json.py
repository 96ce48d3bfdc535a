"""Reading JSON as pages have it: within comments, with excess commas, with control characters in its strings."""

import html
import json
import re

# characters of a text; a longer one is not read
MOST_CHARACTERS = 3_000_000
# comments and CDATA that are put around JSON so that old browsers and XHTML do not read it
_OPENING = re.compile(r"<!--|//\s{0,9}<!\[CDATA\[|/\*\s{0,9}<!\[CDATA\[\s{0,9}\*/|<!\[CDATA\[")
# ends of comments, CDATA and statements; at most five are removed, one after another
_MOST_CLOSINGS = 5
_CLOSINGS = ("-->", "]]>", "*/", "//", "/*", ";")
# JSON.parse("..."): JSON as a string literal of JavaScript
_PARSED = re.compile(r"JSON\.parse\(\s{0,9}(\"(?:[^\"\\]|\\.)*+\")", re.DOTALL)
# a string up to its end or the end of the text: without the latter, each quote of a broken text would be tried again
# up to the end; then a comma before a closing bracket
_COMMA_TOO_MANY = re.compile(r'("(?:[^"\\]|\\.)*+(?:"|$))|,(?=\s*[}\]])', re.DOTALL)
# how Angular writes such signs into the page up to its version 15
_ANGULAR = re.compile("&([aslgq]);")
_ANGULAR_SIGNS = {"a": "&", "s": "'", "l": "<", "g": ">", "q": '"'}
_START = re.compile(r"[\[{]")


def load_json(text: str) -> object:
    """Return the JSON value of a script's text; None if it cannot be read even with the usual mistakes repaired.

    These are comments and CDATA around it, a semicolon after it, commas before a closing bracket, control characters in
    strings, and quotes written as entities.
    """
    if len(text) > MOST_CHARACTERS:
        return None
    plain = text.strip("\ufeff \t\r\n")
    opening = _OPENING.match(plain)
    plain = plain[opening.end() :] if opening else plain
    for _ in range(_MOST_CLOSINGS):
        if not plain.endswith(_CLOSINGS):
            break
        plain = plain.removesuffix(next(end for end in _CLOSINGS if plain.endswith(end))).rstrip()
    for attempt in _attempts(plain):
        try:
            # not strict: accepts control characters in strings, such as line ends
            value: object = json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
        return value
    return None


def find_json(text: str) -> object:
    """Return the first object or list in a script such as ``window.__STATE__ = {...};``; None if there is none."""
    parsed = _PARSED.search(text[:MOST_CHARACTERS])
    if parsed is not None:
        inner = load_json(parsed[1])
        return load_json(inner) if isinstance(inner, str) else None
    found = _START.search(text[:MOST_CHARACTERS])
    if found is None:
        return None
    try:
        value: object
        value, _ = json.JSONDecoder(strict=False).raw_decode(text[:MOST_CHARACTERS], found.start())
    except (ValueError, RecursionError):
        return None
    return value


def _attempts(plain: str) -> "list[str]":
    """Return the forms of a text to try: as it is, without excess commas, with entities decoded."""
    attempts = [plain]
    if "," in plain:
        attempts.append(_COMMA_TOO_MANY.sub(lambda found: found[1] or "", plain))
    if "&quot;" in plain:
        attempts.append(html.unescape(plain))
    if "&q;" in plain:
        attempts.append(_ANGULAR.sub(lambda found: _ANGULAR_SIGNS[found[1]], plain))
    return attempts
