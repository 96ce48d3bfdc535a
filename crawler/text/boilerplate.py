"""Lines that are of the page and never of the article, whatever site and stage: a time alone, a share bar, an invitation."""

import re

_LONGEST = 230
_RELATIVE = (
    r"(?:an?|one|\d{1,3})\s+(?:second|minute|min|hour|hr|day|week|month)s?\s+(?:ago|read)|just now|yesterday|"
    r"(?:vor|il y a|hace)\s+\w+\s+\w+"
)
_WHOLE = re.compile(
    rf"(?:{_RELATIVE})"
    r"|(?:(?:published|updated|posted|last updated?|last modified)\b.{0,60})"
    r"|(?:share(?: this)?(?: article| story| on \w+)?|tweet|print|e-?mail|copy link|(?:star\s*)?add to favou?rites|comments?|advertisement|"
    r"listen to this (?:article|story)|save(?: article)?|related (?:news|articles|stories|topics)|most read|recommended|"
    r"read (?:more|also|next)|see also|sign up.{0,60}|subscribe.{0,60}|follow us.{0,60}|click here.{0,60})"
    r"|(?:(?:read (?:more|also|next)|see also|related|more on this|watch|listen)\s*:.{0,200})",
    re.IGNORECASE,
)


def is_boilerplate_line(line: str) -> bool:
    """Tell whether a line, without spaces around it, is boilerplate as a whole."""
    return len(line) <= _LONGEST and _WHOLE.fullmatch(line) is not None
