"""Lines that are boilerplate on any site: a time alone, a share bar, an invitation to subscribe."""

import re

# characters of the longest alternative below: a label ("Read more:") and 200 of a headline; longer lines are prose
_LONGEST = 230
_RELATIVE = (
    r"(?:an?|one|\d{1,3})\s+(?:second|minute|min|hour|hr|day|week|month)s?\s+(?:ago|read)|just now|yesterday|"
    r"(?:vor|il y a|hace)\s+\w+\s+\w+"
)
# always the whole line: a sentence of the article may begin with "Subscribe" or "Related news"
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
    """Return whether a whole line is boilerplate; it must be stripped of surrounding spaces."""
    return len(line) <= _LONGEST and _WHOLE.fullmatch(line) is not None
