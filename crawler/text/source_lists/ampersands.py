"""Escaping ampersands that hand-written lists leave raw in their XML: an address with two parameters is the usual place."""

import html
import re

# a name without its semicolon is no entity: "?a=1&lt=2" is meant as it stands
_AMPERSAND = re.compile(r"&(?:(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)?")
# the only entities that XML itself has
_XML_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})


def repair_ampersands(text: str) -> str:
    """Return a text of XML without raw ampersands; HTML's entities become their characters."""
    return _AMPERSAND.sub(_repair, text) if "&" in text else text


def _repair(found: re.Match[str]) -> str:
    """Return an entity that XML can read: HTML's as their character, anything else with an escaped ampersand."""
    name = found[1]
    if name is None:
        return "&amp;"
    if name.startswith("#"):
        return found[0] if _is_xml(name[1:].lower()) else ""
    if name in _XML_NAMES:
        return found[0]
    sign = html.unescape(found[0])
    return f"&amp;{name};" if sign == found[0] else html.escape(sign)


def _is_xml(digits: str) -> bool:
    """Return whether a numeric entity is a character of XML 1.0; of half a surrogate pair the parser makes bytes that are no text."""
    number = int(digits[1:], 16) if digits.startswith("x") else int(digits)
    is_control = number < 0x20 and number not in {0x9, 0xA, 0xD}
    return not (is_control or 0xD800 <= number < 0xE000 or number in {0xFFFE, 0xFFFF}) and number <= 0x10FFFF  # fmt: skip
