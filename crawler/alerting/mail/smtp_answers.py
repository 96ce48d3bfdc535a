"""What a mail server's refusal is about: us, this recipient, or this message. Pure functions, for table tests.

Most servers refuse at RCPT for any reason (Postfix: ``smtpd_delay_reject``; docker-mailserver/docker-mailserver#19), so
the command that is answered means little. The enhanced status code (RFC 3463, RFC 5248) means more; if it is missing or
general, the words decide. In doubt a refusal is about us: three days of retries cost little, a dead message costs the alert.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from crawler.text.lines import clean_line

Status = tuple[int, int, int]
Stage = Literal["RCPT", "DATA"]
# characters: RFC 5321, 4.5.3.1.5 allows 512 octets in a line of an answer, with code and line end
_LONGEST_ANSWER = 500
# at the start of a line (RFC 2034), or after a # as in qmail and old Ciscos; not a version and not an IP address
_STATUS = re.compile(r"(?:^|#)\s*([245])\.(\d{1,3})\.(\d{1,3})(?![.\d])", re.MULTILINE)
# what may be a login: some servers echo what they did not understand, and that must not get into the database
_ENCODED = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")

# the sender's address is refused
_SENDER = re.compile(
    r"sender(?: address| domain| host)?:? (?:rejected|denied|refused|verif|unknown|not)|(?:invalid|unknown|bad) sender"
    r"|sender verif|domain of sender|\bmail from\b|return.?path|envelope.from|send\s?as\b",
    re.IGNORECASE,
)
# our address, name, login, rate or policy is refused
_US = re.compile(
    r"\bsender\b|send\s?as\b|\bmail from\b|\bfrom (?:address|header)|return.?path|envelope.from|originat"
    r"|\b(?:helo|ehlo)\b|\brelay|\bclient\b|\bi\.?p\.? ?(?:address|name)?\b.{0,60}(?:block|list|ban|reject|denied|reput|fail)"
    r"|\bspf\b|openspf|\bdkim\b|\bdmarc\b|reverse.?dns|\brdns\b|\bptr\b|invalid dns"
    r"|authenti[cf]|\bauth\b|\blog.?in\b|logged in|credential|password|\bstarttls\b|\btls\b|\bssl\b|encrypt"
    r"|too (?:many|fast|quickly|much mail)|\brate\b|throttl|(?:sending|daily|hourly|message) (?:limit|quota)|gr[ea]y.?list"
    r"|policy restriction|not verified|must verify|sandbox|account (?:is )?(?:suspended|on hold)|\bdomain .{0,40}not (?:verified|allowed)",
    re.IGNORECASE,
)
# our IP address or domain is on a blocklist
_LISTED = re.compile(
    r"(?:block|black|deny|ban).?list|\brbl\b|dnsbl|spamhaus|spamcop|barracuda|sorbs|banned|blocked|reputation|listed (?:at|by|in|on)",
    re.IGNORECASE,
)
# the recipient's mailbox is full
_FULL = re.compile(
    r"(?:mail)?box.{0,40}(?:full|quota|exceed)|over.?(?:its )?quota|quota (?:is )?exceeded|exceeded.{0,20}(?:quota|storage)"
    r"|(?:insufficient|out of|not enough).{0,20}(?:storage|space)",
    re.IGNORECASE,
)
# the recipient does not exist or takes no mail
_RECIPIENT = re.compile(
    r"(?:unknown|invalid|no such|not a valid|bad|unrout(?:e)?able|disabled|inactive|nonexistent|non-existent) "
    r"(?:local |virtual |destination |mail)?(?:user|recipient|mailbox|address|account|person|domain|box)"
    r"|(?:user|recipient|mailbox|address|account|addressee)(?: name)? (?:is |was |does |has been |that you tried )?"
    r"(?:unknown|not found|not exist|doesn'?t|invalid|unavailable|disabled|inactive|not known|not listed)"
    r"|recipient (?:address )?.{0,15}need fully|recipient not (?:found|known|here)|no mailbox (?:here|by)|does(?: not|n't) exist|not our customer"
    r"|rejected: (?:inactive|invalid|not in )|marked as invalid|recipient unavailable|no longer (?:valid|active|exist|accept)"
    r"|user .{0,10}doesn'?t have|not available here|user.{0,60}doesn'?t exist|nobody here|#5\.1\.|\bno such\b|relay.{0,20}no longer",
    re.IGNORECASE,
)
_LATER = re.compile(r"try (?:again|later)|per hour|too quickly|\brate\b", re.IGNORECASE)
_TOO_LARGE = re.compile(
    r"too (?:large|big|long)|size (?:limit|exceed)|exceeds.{0,30}size", re.IGNORECASE
)
_GREYLISTED = re.compile(r"gr[ea]y.?list", re.IGNORECASE)
_REJECTED = re.compile(r"recipient address(?:es)? rejected", re.IGNORECASE)
# words used of clients as often as of mailboxes: without a login, Postfix answers "Recipient address rejected: Access denied"
_VAGUE = re.compile(r"denied|polic|spam|not (?:allowed|permitted)|unavailable", re.IGNORECASE)
# codes about the conversation and never about a mailbox: order, parameters, login, TLS, a host without mail
_CONVERSATION = frozenset({500, 502, 503, 504, 521, 523, 524, 525, 530, 532, 533, 534, 535, 538})
# without an enhanced code these are about a mailbox (RFC 5321, 4.2.3; 556: RFC 7504)
_MAILBOX = frozenset({550, 551, 552, 556})


class Blame(StrEnum):
    """What a refusal means for the message.

    transport  no message gets through, for reasons on our side or the server's
    later      this message or recipient may work later
    never      this message or recipient can never work
    """

    TRANSPORT = "transport"
    LATER = "later"
    NEVER = "never"


def judge_refusal(code: int, text: str, *, stage: Stage, recipient: str) -> Blame:
    """Return what a refusal is about.

    code   the three digits
    text   what follows them, lines joined by line feeds
    stage  the command that was answered; DATA for the message itself, too
    """
    refusal = _Refusal(code=code, status=find_status(text), words=_without(text, recipient))
    if code // 100 == 4 or (code // 100 == 5 and refusal.status and refusal.status[0] == 4):
        return _judge_passing(refusal)
    if code // 100 != 5:
        # no real answer: a success where none is possible, or meaningless digits
        return Blame.TRANSPORT
    rules = (*_ADDRESS_RULES, *(_RECIPIENT_RULES if stage == "RCPT" else _MESSAGE_RULES))
    return next(blame for blame, holds in rules if holds(refusal))


def find_status(text: str) -> Status | None:
    """Return the enhanced status code of an answer, such as (5, 7, 1); None if it has none."""
    found = _STATUS.search(text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def _without(text: str, recipient: str) -> str:
    """Return the words without the recipient: ``client@relay.example`` is not about clients and relays."""
    words = " ".join(text.split())
    for name in (recipient, recipient.rpartition("@")[2]):
        words = re.sub(re.escape(name), "*", words, flags=re.IGNORECASE) if name else words
    return words


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal:
    """A refusal in parts; ``subject`` and ``detail`` are 0 without an enhanced status code."""

    code: int
    status: Status | None
    words: str

    @property
    def subject(self) -> int:
        return self.status[1] if self.status else 0

    @property
    def detail(self) -> int:
        return self.status[2] if self.status else 0

    def says(self, *patterns: re.Pattern[str]) -> bool:
        return any(pattern.search(self.words) for pattern in patterns)


def _judge_passing(refusal: _Refusal) -> Blame:
    """Return whether a temporary refusal is about every message (TRANSPORT) or about this mailbox (LATER)."""
    if refusal.says(_GREYLISTED):
        return Blame.LATER  # counted for each sender and recipient, and an early retry prolongs it
    is_whole = refusal.code in {421, 454} or refusal.subject in {3, 5, 7}
    is_us = refusal.status is None and refusal.says(_US)
    return Blame.TRANSPORT if is_whole or is_us else Blame.LATER


_Rules = tuple[tuple[Blame, Callable[[_Refusal], bool]], ...]

# the first rule that holds decides. X.1 is about an address, X.2 about a mailbox, whichever command is answered
_ADDRESS_RULES: _Rules = (
    # X.1.7 and X.1.8 are about the sender's address; Postfix uses X.1.0 for both, and some servers any code
    (Blame.TRANSPORT, lambda no: no.subject == 1 and (no.detail in {7, 8} or no.says(_SENDER))),
    # Exchange: 5.2.252 SendAsDenied; 5.2.0 means anything
    (Blame.TRANSPORT, lambda no: no.subject == 2 and no.says(_SENDER)),
    (Blame.TRANSPORT, lambda no: (no.subject, no.detail) == (2, 0) and no.says(_US)),
    # a full mailbox may be emptied by its owner within the three days of retries
    (Blame.LATER, lambda no: (no.subject, no.detail) == (2, 2)),
    (Blame.LATER, lambda no: no.subject == 1 and no.says(_FULL)),
    (Blame.LATER, lambda no: no.subject == 2 and no.says(_LATER)),
    (Blame.NEVER, lambda no: no.subject in {1, 2}),
    # X.3.4: the message is too large; X.6: its content type, or SMTPUTF8
    (Blame.NEVER, lambda no: (no.subject, no.detail) == (3, 4) or no.subject == 6),
)

_RECIPIENT_RULES: _Rules = (
    # X.7.8 to X.7.14 are about logins and our account (RFC 5248)
    (Blame.TRANSPORT, lambda no: no.subject == 7 and 8 <= no.detail <= 14),
    (Blame.TRANSPORT, lambda no: no.says(_US, _LISTED)),
    (Blame.LATER, lambda no: no.says(_FULL, _LATER)),
    (Blame.NEVER, lambda no: no.says(_RECIPIENT)),
    # Exchange Online answers 5.4.1 for unknown recipients; otherwise X.4 is about the route, which others repair
    (Blame.NEVER, lambda no: no.subject == 4 and no.says(_REJECTED)),
    (Blame.LATER, lambda no: no.subject == 4),
    (Blame.TRANSPORT, lambda no: no.subject > 0 or no.code in _CONVERSATION),
    (Blame.NEVER, lambda no: no.code in _MAILBOX and not no.says(_VAGUE)),
    (Blame.TRANSPORT, lambda _: True),
)

# a filter that takes a message for spam may decide otherwise tomorrow, because links leave blocklists. So the message is
# tried again, but the transport is not down: the next message may pass
_MESSAGE_RULES: _Rules = (
    (Blame.NEVER, lambda no: no.says(_TOO_LARGE)),
    (Blame.TRANSPORT, lambda no: no.says(_US) or no.code in _CONVERSATION),
    (Blame.NEVER, lambda no: no.says(_RECIPIENT)),
    (Blame.TRANSPORT, lambda no: no.subject in {3, 5}),
    (Blame.NEVER, lambda no: no.code == 552 and not no.says(_FULL)),
    (Blame.LATER, lambda _: True),
)


def tidy_answer(text: str, *, secrets: tuple[str, ...] = ()) -> str:
    """Return an answer in one line of at most 500 characters, to be stored and shown.

    secrets  removed, together with anything that may be a login in another encoding
    """
    for secret in secrets:
        text = text.replace(secret, "...") if secret else text
    return clean_line(
        _ENCODED.sub("...", text) if secrets else text, max_characters=_LONGEST_ANSWER
    )


def essence_of(code: int, text: str, recipient: str) -> str:
    """Return a refusal without addresses and numbers, so that those of different recipients can be compared."""
    words = _without(text, recipient)
    name = recipient.rpartition("@")[0]
    words = re.sub(rf"(?<![\w.]){re.escape(name)}(?![\w.])", "*", words, flags=re.IGNORECASE)
    kept = (word for word in words.casefold().split() if "@" not in word)
    return f"{code} " + " ".join(re.sub(r"\S*\d\S*", "#", word) for word in kept)
