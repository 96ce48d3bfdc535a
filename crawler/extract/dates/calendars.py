"""Converting years and days of other calendars, in which news is dated, to the Gregorian calendar."""

from datetime import date, timedelta

# years that the Thai Buddhist calendar is ahead
_BUDDHIST_AHEAD = 543
# years that are read as Buddhist ones; no Gregorian year of news is among them
_BUDDHIST = range(2400, 2700)
# the same for Persian ones: the Gregorian years 1961 to 2121
PERSIAN_YEARS = range(1340, 1500)
# eras of Japan (Reiwa, Heisei) and of the Republic of China -> the Gregorian year before their first one
_ERAS = {"\u4ee4\u548c": 2018, "\u5e73\u6210": 1988, "\u6c11\u570b": 1911, "\u6c11\u56fd": 1911}
ERA_NAMES = "|".join(_ERAS)
# leap years within a cycle of 33 years, which is exact for the Persian years 1178 to 1633
_PERSIAN_LEAP = frozenset({1, 5, 9, 13, 17, 22, 26, 30})
# the Gregorian day of the first day of 1340
_PERSIAN_1340 = date(1961, 3, 21)


def to_gregorian_year(year: int) -> int:
    """Return the Gregorian year of a Thai Buddhist one (2400 to 2699); any other year is returned unchanged."""
    return year - _BUDDHIST_AHEAD if year in _BUDDHIST else year


def read_era_year(era: str, year: int) -> int:
    """Return the Gregorian year of the nth year of an era, counted from 1; raises KeyError for an unknown era."""
    return _ERAS[era] + year


def from_persian(year: int, month: int, day: int) -> date:
    """Return the Gregorian day of a Persian one of the years 1340 to 1499; raises ValueError if there is no such day."""
    # six months of 31 days, five of 30, and the last of 29 or, in a leap year, 30
    days_of_month = 31 if month <= 6 else 30 if month <= 11 or year % 33 in _PERSIAN_LEAP else 29
    if year not in PERSIAN_YEARS or not 1 <= month <= 12 or not 1 <= day <= days_of_month:
        raise ValueError("no day of the Persian calendar")
    years = sum(366 if past % 33 in _PERSIAN_LEAP else 365 for past in range(1340, year))
    months = sum(31 if past <= 6 else 30 for past in range(1, month))
    return _PERSIAN_1340 + timedelta(days=years + months + day - 1)
