"""What is wrong with a value, in words for the person who wrote it: none of pydantic's or tomllib's reach a reader.

Values are never quoted here: one may be a password.
"""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from crawler.config.durations import write_duration

# what to write for settings that are text, by their key
_EXAMPLES = {
    "name": '"harbour-courier"',
    "url": '"https://example.org/"',
    "query": '"drone OR UAV"',
    "timezone": '"Europe/Berlin"',
    "locale": '"en-GB"',
    "digest": '"08:00" or "mon-fri 08:00"',
    "status_report": '"mon 08:00"',
    "host": '"mail.example.org"',
    "from": '"watchword@example.org"',
    "reply_to": '"me@example.org"',
    "to": '"me@example.org"',
    "admin": '"me@example.org"',
    "address": '"me@example.org"',
    "proxy": '"http://proxy.example.org:3128"',
    "active_hours": '"06:00-23:00"',
    "tags": '"local"',
}
# settings by the names that other programs have for them
_ELSEWHERE = {
    "recipients": "to",
    "recipient": "to",
    "email": "to",
    "sender": "from",
    "server": "host",
    "smtp": "host",
    "user": "username",
    "interval": "every",
    "frequency": "every",
    "keywords": "query",
    "search": "query",
    "zone": "timezone",
    "language": "locale",
    "feed": "url",
    "link": "url",
}
_NEAREST = "remove it or correct its name; `watchword docs settings` lists all"


def say_unknown(key: str, known: set[str]) -> str:
    """Return what to do about a key that is no setting and is like none that is."""
    if (meant := _ELSEWHERE.get(key)) in known:
        return f'there is no setting "{key}"; did you mean "{meant}"?'
    return f'there is no setting "{key}"; {_NEAREST}'


def say_value(kind: str, facts: Mapping[str, Any], *, key: str) -> str:
    """Return what to write in place of a value that pydantic refused.

    kind   pydantic's type of the error, such as ``string_type``
    facts  its context, such as the bound that was passed
    key    the last key of the setting
    """
    if kind in _LIMITS:
        return _LIMITS[kind](facts)
    plain = _KINDS.get(kind) or next(
        (text for start, text in _KINDS.items() if kind.startswith(f"{start}_")), _ANY
    )
    if plain is _TEXT and key in _EXAMPLES:
        return f"this must be text in quotes, such as {_EXAMPLES[key]}"
    return plain


_TEXT = "this must be text in quotes"
_ANY = "this value does not fit the setting; `watchword docs settings` shows how to write it"
_TABLE = "this must be a table: write its name in brackets on a line of its own and its settings below, or { key = value } on one line"
_DAY = "this is not a date; write one without a time, such as 2027-01-01"
# by the type of the error, or by its first word
_KINDS = {
    "string": _TEXT,
    "string_pattern_mismatch": _ANY,
    "bool": "write true or false, without quotes",
    "int": "write a whole number without quotes",
    "float": "write a number without quotes, such as 0.5",
    "tuple": 'this must be a list in brackets, such as ["one", "two"]',
    "list": 'this must be a list in brackets, such as ["one", "two"]',
    "dict": _TABLE,
    "model": _TABLE,
    "path": 'write a path in quotes, such as "data/watchword.db"',
    "date": _DAY,
    "datetime": _DAY,
    "missing": "is missing; this setting is required",
}


def _say_choice(facts: Mapping[str, Any]) -> str:
    # 'now', 'digest' or 'none'
    choice = str(facts.get("expected", "")).replace("'", '"')
    return f"write one of {choice}" if " or " in choice else f"write {choice}"


def _write_bound(value: object) -> str:
    return f'"{write_duration(value)}"' if isinstance(value, timedelta) else str(value)


# each with the key of the context that holds the bound
_LIMITS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "literal_error": _say_choice,
    "enum": _say_choice,
    "greater_than": lambda facts: f"write more than {_write_bound(facts['gt'])}",
    "greater_than_equal": lambda facts: f"write {_write_bound(facts['ge'])} or more",
    "less_than": lambda facts: f"write less than {_write_bound(facts['lt'])}",
    "less_than_equal": lambda facts: f"write {_write_bound(facts['le'])} or less",
    "string_too_short": lambda _facts: "this is empty; write something between the quotes",
    "string_too_long": lambda facts: (
        f"this is too long; write at most {facts['max_length']} characters"
    ),
    "too_long": lambda facts: f"these are too many; write at most {facts['max_length']}",
    "too_short": lambda facts: f"these are too few; write at least {facts['min_length']}",
}

_QUOTES = 'a quotation mark is missing at the end of this text; write it in quotes on one line, such as name = "value"'
# tomllib's messages, the same from Python 3.11 on; the first that fits counts
_TOML = (
    (r"Illegal character '\\n'|Unterminated string|Illegal character '\\r'", _QUOTES),
    (r"Illegal character", "there is a control character in this text; write it anew"),
    (r"Expected newline or end of document", "something follows the value; write one setting on each line, and text in quotes"),
    (r"Cannot overwrite a value", "this is set twice; keep one of them"),
    (r"Cannot declare (.*) twice", "this table is here twice; write its settings below one heading, and `[[…]]` if there can be several"),
    (r"Cannot (redefine|mutate)", "this table has been written before; write all its settings in one place"),
    (r"Expected '\]\]?' at the end", "a closing bracket is missing in this heading; write it as [mail] or [[source]]"),
    (r"Expected '=' after a key", 'there is no "=" after the name of this setting; write name = "value"'),
    (r"Invalid initial character|Invalid statement", 'a line begins with the name of a setting, as in name = "value"; put # before a remark'),
    (r"Unclosed array", 'a closing bracket is missing in this list; write it as ["one", "two"]'),
    (r"Unclosed inline table|Expected '}'", "a closing brace is missing; write { key = value }"),
    (r"Duplicate inline table key", "a key is twice between these braces; keep one of them"),
    (r"Unescaped|hex value|Escaped character", r"a backslash in double quotes must be doubled (\\); or write the text in single quotes"),
    (r"Invalid date", "there is no such date; write one such as 2027-01-01"),
    (r"Invalid value", 'this value cannot be read; write text in quotes, such as name = "value", and true, false and numbers without'),
)  # fmt: skip


def say_toml(message: str) -> str:
    """Return what is wrong with a line that is not TOML, and what to write."""
    for pattern, text in _TOML:
        if re.search(pattern, message):
            return text
    return 'this line cannot be read; a setting is written as name = "value"'


def split_repair(problem: str) -> tuple[str, str]:
    """Return a problem as what is wrong and what to do about it; the second part is empty if it says nothing of the kind."""
    head, found, repair = problem.rpartition("\n  try: ")
    if found:
        return head, repair
    sentence, caret, pointed = problem.partition("\n")
    if sentence.startswith("write "):
        return problem, sentence
    message, _, repair = sentence.partition("; ")
    return f"{message}{caret}{pointed}", repair
