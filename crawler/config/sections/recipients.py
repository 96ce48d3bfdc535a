"""``[[recipient]]``: the zone and locale of a single recipient."""

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

# difflib's ratio from which two addresses count as one with a typo: ana@example.org and anna@example.org have 0.97
_ALIKE = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """How messages to one recipient are written.

    zone, locale  for instants, dates and numbers
    is_admin      whether messages mention commands and settings
    contact       the address that other readers write to
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
        """Return the key by which recipients are compared."""
        return recipient_key(self.address)


def is_admin(recipient: str, mail: MailSettings, people: Sequence[str]) -> bool:
    """Return whether a recipient is the admin: `admin` or the first of `to`; with neither, the only recipient.

    people  every mail address that something is sent to
    """
    stated = {recipient_key(name) for name in (mail.admin, *mail.to[:1]) if name}
    alone = {recipient_key(name) for name in people} if not stated else set()
    return recipient_key(recipient) in (stated or (alone if len(alone) == 1 else set()))


def find_recipient_faults(
    items: Sequence[tuple[RecipientSettings, Origin]], known: Sequence[str]
) -> Iterator[Fault]:
    """Yield a fault for each second table of one recipient, and for addresses that are probably typos.

    known  every address and channel that something is sent to. A recipient who is not among them is allowed: an alert may
           be sent there by hand, or the watch may be out for a while. One that is nearly among them is a fault
    """
    seen: dict[str, Origin] = {}
    names = {recipient_key(name): name for name in known}
    for settings, origin in items:
        if settings.key in seen:
            problem = f'"{settings.address}" already has a `[[recipient]]` at {seen[settings.key].spot()}; keep only one'
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
