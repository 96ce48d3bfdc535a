"""``[web]``: the address of the web pages, and their owner's password."""

import unicodedata
from ipaddress import ip_network
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from crawler.config.section import Section
from crawler.config.values import FilePath, WebAddress

# guesses are slowed down to two a minute, so only the first ones count; NIST SP 800-63B asks for 8 to 15 characters
_LEAST_SIGNS = 12
# "aaaaaaaaaaaa" and "abababababab" are guessed at once
_LEAST_DIFFERENT_SIGNS = 5
# it is passed to the web pages as an environment variable, which Linux limits to 128 kB
_MOST_SIGNS = 1000
# passwords that are part of a row of digits, of the alphabet or of a keyboard
_ROWS = ("0123456789" * 3, "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")
# the alphabetic part of a password that is one of these with digits or signs around it: "Password2026!"
_FIRST_GUESSES = frozenset(
    {"password", "passwort", "motdepasse", "watchword", "changeme", "letmein", "secret", "admin"}
)
_ADVICE = "`openssl rand -base64 18` makes a good one"


def find_password_fault(password: str) -> str:
    """Return what is wrong with a password for the web pages, without quoting it; empty for nothing."""
    if any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in password):
        return "contains control characters, which nobody can type into a page"
    if len(password) > _MOST_SIGNS:
        return f"has more than {_MOST_SIGNS} characters"
    if len(password) < _LEAST_SIGNS:
        return f"has {len(password)} characters and needs at least {_LEAST_SIGNS}; {_ADVICE}"
    plain = password.casefold()
    words = "".join(sign for sign in plain if sign.isalpha())
    is_row = any(plain in row or plain[::-1] in row for row in _ROWS)
    if is_row or len(set(plain)) < _LEAST_DIFFERENT_SIGNS or words in _FIRST_GUESSES:
        return f"is one of the first that anybody tries; {_ADVICE}"
    return ""


def _check_password(password: str) -> str:
    if password and (fault := find_password_fault(password)):
        raise ValueError(f"the password {fault}")
    return password


def _check_network(stated: str) -> str:
    try:
        ip_network(stated, strict=False)
    except ValueError:
        raise ValueError(f"{stated!r} is no address or network") from None
    return stated


class WebSettings(Section):
    """``[web]``: the web pages, which messages link to for details."""

    url: WebAddress = Field(
        "http://127.0.0.1:8001/",
        description="Address at which the readers of mails reach `watchword browse`. With a public address mails carry "
        "links to mute and to unsubscribe. Behind a proxy: the address as seen from outside, prefix included.",
    )
    password: Annotated[str, AfterValidator(_check_password)] = Field(
        "",
        repr=False,
        description="Lets the owner log in to the web pages, for recipients, messages and free SQL; at least "
        f"{_LEAST_SIGNS} characters. Better `password_file` or the environment. Without one there is no login page.",
    )
    password_file: FilePath | None = Field(
        None, description="File whose first line is the password of the web pages."
    )
    proxy_header: str = Field(
        "",
        pattern=r"^[A-Za-z0-9-]{0,60}$",
        description="Header in which a reverse proxy states the name of who signed in there, such as `Remote-User`. The proxy "
        "must remove it from what readers send.",
    )
    proxy_addresses: tuple[Annotated[str, AfterValidator(_check_network)], ...] = Field(
        (),
        description="Addresses or networks of that proxy, such as `127.0.0.1` or `10.0.0.0/8`; nobody else can state who "
        "signed in.",
    )
    owners: tuple[str, ...] = Field(
        (),
        description="Names of readers, as the proxy states them, who see recipients and messages and may run SQL.",
    )

    @model_validator(mode="after")
    def _has_one_password(self) -> Self:
        if self.password and self.password_file:
            raise ValueError("give either `password` or `password_file`")
        if self.proxy_header and not self.proxy_addresses:
            raise ValueError(
                "`proxy_header` needs `proxy_addresses`: otherwise anybody could state a name"
            )
        return self

    @property
    def stated_url(self) -> str:
        """Return the address if it was configured, empty for the default."""
        return self.url if "url" in self.model_fields_set else ""
