"""What became of a try to reach something."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.text.instants import write_day

OK, LOOK, FAILED, UNTRIED = "ok", "look", "FAILED", "untried"
# a certificate that ends sooner should have been renewed by now: those of 90 days are renewed with 30 left
_SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What became of one try.

    name    what was tried, such as "mail" or a source's name
    state   ok, look, FAILED, or untried
    advice  what to do; empty if nothing is needed
    """

    kind: str
    name: str
    state: str
    text: str
    advice: str = ""


def judge_end(
    kind: str,
    name: str,
    text: str,
    ends_at: datetime | None,
    *,
    now: datetime,
    host: str = "",
) -> Reached:
    """Return that something was reached; LOOK if its certificate ends soon.

    ends_at  when the certificate ends, aware UTC; None without one
    host     whose certificate it is, if the name does not say
    """
    if ends_at is None or ends_at - now > _SOON:
        return Reached(kind=kind, name=name, state=OK, text=text)
    whose = f"the certificate of {host}" if host else "its certificate"
    return Reached(
        kind=kind,
        name=name,
        state=LOOK,
        text=f"{text}; {whose} {'ends' if ends_at > now else 'ended'} on {write_day(ends_at)}",
        advice="who runs it should renew it; without that, it is refused from that day on"
        if kind == "source"
        else "renew it, or see why that is not done by itself",
    )
