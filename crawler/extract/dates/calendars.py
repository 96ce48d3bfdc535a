"""Years and days of other calendars than the Gregorian, as dates of news are written in them."""

from datetime import date, timedelta

_BUDDHIST_AHEAD = 543
# first and last year that is taken for one of the calendar; no Gregorian date of news lies in them
_BUDDHIST = range(2400, 2700)
PERSIAN_YEARS = range(1340, 1500)
# era of Japan and of the Republic of China -> the year before its first
_ERAS = {"\u4ee4\u548c": 2018, "\u5e73\u6210": 1988, "\u6c11\u570b": 1911, "\u6c11\u56fd": 1911}
ERA_NAMES = "|".join(_ERAS)
# leap years of a cycle of 33 years, right from 1178 to 1633
_PERSIAN_LEAP = frozenset({1, 5, 9, 13, 17, 22, 26, 30})
_PERSIAN_1340 = date(1961, 3, 21)


def to_gregorian_year(year: int) -> int:
    """Return a year of the Buddhist calendar, as Thailand counts, as one of ours; any other as it is."""
    return year - _BUDDHIST_AHEAD if year in _BUDDHIST else year


def read_era_year(era: str, year: int) -> int:
    """Return the year that is the nth of an era."""
    return _ERAS[era] + year


def from_persian(year: int, month: int, day: int) -> date:
    """Return a day of the Persian calendar as one of ours; raises ValueError for what is no day of it."""
    days_of_month = 31 if month <= 6 else 30 if month <= 11 or year % 33 in _PERSIAN_LEAP else 29
    if year not in PERSIAN_YEARS or not 1 <= month <= 12 or not 1 <= day <= days_of_month:
        raise ValueError("no day of the Persian calendar")
    years = sum(366 if past % 33 in _PERSIAN_LEAP else 365 for past in range(1340, year))
    months = sum(31 if past <= 6 else 30 for past in range(1, month))
    return _PERSIAN_1340 + timedelta(days=years + months + day - 1)
