"""Reading the day that papers write into an article's address: /2023/12/21/, /2023/dec/21/, /20231221/, /2023-12-21-title."""

import re
from datetime import date, timedelta
from urllib.parse import urlsplit

from crawler.extract.dates.month_names import find_month, fold

# whole parts of the path only: digits within a slug may be the day a draft was made, or what the text is about
_DAY = re.compile(
    r"/(?P<year>(?:19|20)\d\d)(?P<sep>[/_-]?)(?P<month>[01]?\d|[^\W\d_]{3,9})(?P=sep)(?P<day>[0-3]?\d)(?=[/_-]|\.\w{3,5}$|$)"
)
# days between two dates that zones and late evenings explain
_MOST_APART = timedelta(days=1)


def find_address_day(url: str) -> tuple[date, str] | None:
    """Return the day in an address, and the characters that say it; None if it has none."""
    path = urlsplit(url).path
    for found in _DAY.finditer(path):
        # without separators only eight digits are a day
        if not found["sep"] and len(found[0]) != len("/20231221"):
            continue
        stated = found["month"]
        month = int(stated) if stated.isdigit() else find_month(fold(stated))
        try:
            return date(int(found["year"]), month or 0, int(found["day"])), found[0].strip("/")
        except ValueError:
            continue
    return None


def contradicts(day: date, address_day: date) -> bool:
    """Return whether two days are more than a day apart."""
    return abs(day - address_day) > _MOST_APART
