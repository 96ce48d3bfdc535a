"""Types of single values of the configuration; each fault says how to write the value instead."""

import re
import unicodedata
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from crawler.text.web.hosts import read_host
from crawler.text.web.logins import hide_login
from crawler.text.web.mail_addresses import find_address_fault
from crawler.text.web.proxies import check_exception, check_proxy
from crawler.text.web.urls import origin_of

# a port has 16 bits
_HIGHEST_PORT = 65_535


@cache
def _list_zones() -> frozenset[str]:
    """Return all time zones; the standard library reads some hundred files for them, 5 ms, which is minutes for 50,000 sources."""
    return frozenset(available_timezones())


def _check_zone(value: str) -> str:
    if value not in _list_zones():
        raise ValueError(f'"{value}" is not an IANA time zone; write one such as "Europe/Berlin"')
    return value


def _check_locale(value: str) -> str:
    """Return a locale that Babel knows in the form ``en-GB``."""
    # imported here because it loads tables of all countries, which --help need not wait for
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415
    from babel.localedata import locale_identifiers  # noqa: PLC0415

    try:
        return str(Locale.parse(value.replace("-", "_"))).replace("_", "-")
    except (UnknownLocaleError, ValueError, TypeError):
        known = [name.replace("_", "-") for name in locale_identifiers()]
        near = get_close_matches(value.replace("_", "-"), known, n=1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        raise ValueError(
            f'"{value}" is not a language with a country; write one such as "en-GB" or "de-AT"{hint}'
        ) from None


def check_web_address(value: str) -> str:
    """Return a whole web address unchanged; raises ValueError, whose text contains no login."""
    try:
        parts = urlsplit(value)
        # read for its error: urlsplit checks a port only when it is read
        _ = parts.port
    except ValueError as error:
        raise ValueError(
            "this is not a web address: its host or port cannot be read; write characters such as / ? # in a password as %2F %3F %23"
        ) from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(
            f'"{hide_login(value)}" is not a web address; write it in full, such as "https://example.org/"'
        )
    if re.search(r"[\s\"'<>\\^`{|}]", parts.hostname):
        raise ValueError(
            f'"{hide_login(value)}" is not a web address: its host contains a blank or a character that no host has; '
            'write it whole, such as "https://example.org/"'
        )
    return value


def _check_origin(value: str) -> str:
    """Return the origin of a whole origin, or of a host, which means https."""
    origin = value if "://" in value else f"https://{value}"
    parts = urlsplit(check_web_address(origin))
    if "@" in parts.netloc or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError(
            f'"{hide_login(value)}" is not a host; write only the host, such as "www.example.org", or as "http://localhost:8080"'
        )
    return origin_of(origin)


def _check_mail_address(value: str) -> str:
    fault = find_address_fault(value)
    if fault is not None:
        raise ValueError(f'"{value}" {fault}; write only the address, such as "me@example.org"')
    return value


def _check_hello(value: str) -> str:
    plain = value.isascii() and re.fullmatch(
        r"[A-Za-z0-9._-]{1,255}|\[[A-Za-z0-9:.]{3,60}\]", value
    )
    if value and not plain:
        raise ValueError(
            f'"{value}" is not the name of a machine; write its full name, such as "news.example.org", or its address as "[192.0.2.1]"'
        )
    return value


def _check_port(value: object) -> object:
    """Return a port as a number, or as digits from the environment; ``true``, which Python takes for 1, is refused."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    is_text = isinstance(value, str) and value.isascii() and value.isdecimal()
    if not (is_number or is_text) or not 1 <= int(str(value)[:9]) <= _HIGHEST_PORT:
        raise ValueError(
            f'"{value}" is not a port; write a number from 1 to {_HIGHEST_PORT} without quotes'
        )
    return value


def _check_name(value: str) -> str:
    """Return a name in NFC: a Mac writes "\u00fc" as u and two dots, which looks the same and is another text."""
    value = to_composed(value)
    if not value.strip() or value != value.strip() or not value.isprintable():
        raise ValueError("a name needs at least one visible character and no space at its ends")
    return value


def to_composed(name: str) -> str:
    """Return a name in the form in which it is stored and compared (NFC)."""
    return unicodedata.normalize("NFC", name)


def _check_channel_name(value: str) -> str:
    if "@" in value:
        raise ValueError(
            "the name of a channel cannot contain @, so that it is not mistaken for an address"
        )
    return _check_name(value)


def _check_selector(value: str) -> str:
    # few sources have selectors
    from cssselect import HTMLTranslator, SelectorError  # noqa: PLC0415

    try:
        HTMLTranslator().css_to_xpath(value or "a")
    except SelectorError as error:
        raise ValueError(f'"{value}" is not a CSS selector: {error}') from error
    return value


def _check_header_name(value: str) -> str:
    # a token of RFC 9110, 5.6.2
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}", value):
        raise ValueError(f'"{value}" cannot be the name of a header or cookie')
    return value


def _check_header_value(value: str) -> str:
    # a line end would begin another header
    if not value.isprintable() or not value.isascii():
        raise ValueError("a header or cookie can contain printable ASCII only")
    return value


def _check_language(value: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}", value):
        raise ValueError(f'"{value}" is not a language code; write its two letters, such as "en"')
    return value


def _check_set_word(value: str) -> str:
    # signs of the query language would make the set mean something else in a query
    if not any(sign.isalnum() for sign in value) or re.search(r'["*()|]', value):
        raise ValueError(
            f'"{value}" is not a plain word; a set contains words without signs of the query language'
        )
    if re.match(r"\s*=.*\s\S", value):
        raise ValueError(f'"{value}": the sign = goes with one word, such as "=WHO"')
    return value.strip()


def anchor_path(value: Path, info: ValidationInfo) -> Path:
    """Return a path relative to the configuration's folder: cron, systemd and people start commands in other folders."""
    folder = (info.context or {}).get("folder")
    value = value.expanduser()
    return value if folder is None else Path(folder) / value


# The lengths below only refuse what is no such value, for example a file pasted into a setting: each is far more than a
# real one needs
FilePath = Annotated[Path, AfterValidator(anchor_path)]
HeaderName = Annotated[str, AfterValidator(_check_header_name)]
CookieName = HeaderName
HeaderValue = Annotated[str, Field(max_length=4000), AfterValidator(_check_header_value)]
Selector = Annotated[str, Field(max_length=500), AfterValidator(_check_selector)]
Pattern = Annotated[str, Field(min_length=1, max_length=300)]
LanguageCode = Annotated[str, AfterValidator(_check_language)]
SetWord = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_check_set_word)]
LocaleName = Annotated[str, Field(max_length=40), AfterValidator(_check_locale)]
Zone = Annotated[str, AfterValidator(_check_zone)]
Origin = Annotated[str, Field(max_length=300), AfterValidator(_check_origin)]
WebAddress = Annotated[str, AfterValidator(check_web_address)]
MailAddress = Annotated[str, AfterValidator(_check_mail_address)]
Host = Annotated[str, AfterValidator(read_host)]
ProxyAddress = Annotated[str, Field(max_length=2000), AfterValidator(check_proxy)]
UnproxiedHost = Annotated[str, Field(max_length=300), AfterValidator(check_exception)]
Port = Annotated[int, BeforeValidator(_check_port)]
MachineName = Annotated[str, AfterValidator(_check_hello)]
Name = Annotated[str, Field(max_length=80), AfterValidator(_check_name)]
ChannelName = Annotated[str, Field(max_length=80), AfterValidator(_check_channel_name)]
