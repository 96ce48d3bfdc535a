"""The settings of single recipients: the zone and the country in which each is written to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from pydantic import Field

from crawler.config.checks.faults import Origin
from crawler.config.section import Section
from crawler.config.sections.mail import MailSettings
from crawler.config.values import LocaleName, Name, Zone
from crawler.errors import Fault
from crawler.text.web.mail_addresses import recipient_key

# two addresses as alike as these are one that was written wrong: ana@example.org and anna@example.org are 0.97
_ALIKE = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """How one recipient is written to.

    zone, locale  in which instants, dates and numbers are shown
    is_admin      may be told commands and settings
    contact       whom everybody else writes to
    """

    zone: str
    locale: str
    is_admin: bool
    contact: str


class RecipientSettings(Section):
    """``[[recipient]]``: time zone and locale of one reader, if they differ from `[mail]`."""

    address: Name = Field(description="Mail address of the reader, or name of a channel.")
    timezone: Zone | None = Field(
        None, description="Time zone for this reader; by default that of `[mail]`."
    )
    locale: LocaleName | None = Field(
        None, description="How dates and numbers are written for this reader, such as `de-AT`."
    )

    @property
    def key(self) -> str:
        """What tells two recipients apart."""
        return recipient_key(self.address)


def is_admin(recipient: str, mail: MailSettings, people: Sequence[str]) -> bool:
    """Return whether a recipient is who runs this: `admin`, the first of `to`, or with neither who is alone.

    people  every mail address something is sent to
    """
    stated = {recipient_key(name) for name in (mail.admin, *mail.to[:1]) if name}
    alone = {recipient_key(name) for name in people} if not stated else set()
    return recipient_key(recipient) in (stated or (alone if len(alone) == 1 else set()))


def find_recipient_faults(
    items: Sequence[tuple[RecipientSettings, Origin]], known: Sequence[str]
) -> Iterator[Fault]:
    """Find tables for one recipient said twice, and addresses that are probably written wrong.

    known  every address and channel something is sent to. A recipient who is none of them is allowed, since it may be
           somebody an alert is sent to by hand, or whose watch is out for a while; but not one that is nearly one
    """
    seen: dict[str, Origin] = {}
    names = {recipient_key(name): name for name in known}
    for settings, origin in items:
        if settings.key in seen:
            problem = f'"{settings.address}" has a `[[recipient]]` at {seen[settings.key].spot()}; say it once'
            yield origin.fault(("address",), problem)
        seen.setdefault(settings.key, origin)
        if settings.key not in names:
            yield from _check_unknown(settings, origin, names)


def _check_unknown(
    settings: RecipientSettings, origin: Origin, names: dict[str, str]
) -> Iterator[Fault]:
    is_channel = "@" not in settings.address
    near = get_close_matches(settings.key, names, n=1, cutoff=0.6 if is_channel else _ALIKE)
    hint = f'; did you mean "{names[near[0]]}"?' if near else ""
    if is_channel:
        problem = f'no `[[channel]]` has the name "{settings.address}", and a mail address has an @'
        yield origin.fault(("address",), problem + hint)
    elif near:
        yield origin.fault(("address",), f'nothing is sent to "{settings.address}"{hint}')
