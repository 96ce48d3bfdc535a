"""Mail addresses: whether mail can be sent to them, their form for a mail server, and which are one mailbox.

A domain with other than ASCII characters has an ASCII form (IDNA, mapped by UTS 46) that every mail server accepts. The
local part, before the @, has none: it needs a server that offers SMTPUTF8 (RFC 6531).
"""

import re
import unicodedata
from functools import lru_cache

import idna

# RFC 5321, 4.5.3.1: octets of the local part, of the domain, and of the address (256 with its angle brackets)
_LONGEST_LOCAL_PART, _LONGEST_DOMAIN, _LONGEST = 64, 255, 254
# RFC 1035, 2.3.4: at most 63 octets in a label; underscores occur in mail domains, though not in host names
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
# an address literal (RFC 5321, 4.1.3)
_LITERAL = re.compile(r"\[(?:IPv6:[0-9a-f:.]{2,45}|\d{1,3}(?:\.\d{1,3}){3})\]", re.IGNORECASE)
# RFC 5322, 3.2.3 (atext), and the dot
_ATOM_SIGNS = frozenset("!#$%&'*+-/=?^_`{|}~.")
# a quoted local part; Japanese phone companies once issued addresses that need it: "a..b"@docomo.ne.jp
_QUOTED = re.compile(r'"[!#-\[\]-~]+"')


def find_address_fault(address: str) -> str | None:
    """Return why no mail can be sent to an address, to follow the address in a sentence; None if mail can be sent."""
    local, at, domain = address.rpartition("@")
    if not (at and local and domain) or "@" in local:
        return "is not a mail address"
    return _find_hidden(address) or _find_local_fault(local) or _find_domain_fault(address, domain)


def _find_hidden(address: str) -> str | None:
    for sign in address:
        if unicodedata.category(sign)[0] in "CZ":
            name = unicodedata.name(sign, "a control character").lower()
            return f"contains a character that no address can have (U+{ord(sign):04X}, {name})"
    return None


def _find_local_fault(local: str) -> str | None:
    if len(local.encode()) > _LONGEST_LOCAL_PART:
        return f"has more than {_LONGEST_LOCAL_PART} bytes before the @"
    if _QUOTED.fullmatch(local):
        return None
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return "has a dot at the start, at the end or twice in a row before the @"
    if not all(sign.isalnum() or not sign.isascii() or sign in _ATOM_SIGNS for sign in local):
        return "is not a mail address"
    return None


def _find_domain_fault(address: str, domain: str) -> str | None:
    try:
        written = domain_to_ascii(domain)
    except ValueError as error:
        return f"has a domain that mail servers cannot use ({error})"
    local = address.rpartition("@")[0]
    if len(written) > _LONGEST_DOMAIN or len(local.encode()) + 1 + len(written) > _LONGEST:
        return f"is longer than the {_LONGEST} bytes an address may have"
    return None


def domain_to_ascii(domain: str) -> str:
    """Return the ASCII form of a domain, such as ``xn--bcher-kva.example``; raises ValueError if it has none."""
    if domain.startswith("["):
        if not _LITERAL.fullmatch(domain):
            raise ValueError("an address in brackets is written [192.0.2.1] or [IPv6:2001:db8::1]")
        return domain
    written = domain
    if not domain.isascii():
        try:
            written = idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
        except (idna.IDNAError, UnicodeError) as error:
            raise ValueError(str(error)) from error
    labels = written.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("each part between dots needs 1 to 63 letters, digits or hyphens")
    return written


def to_wire(address: str) -> str:
    """Return an address in the form that mail servers expect; raises ValueError if none would accept it.

    The local part is brought to NFC, so that ``ö`` is one character for us and for the server.
    """
    fault = find_address_fault(address)
    if fault is not None:
        raise ValueError(f"{address!r} {fault}")
    local, _, domain = address.rpartition("@")
    return f"{unicodedata.normalize('NFC', local)}@{domain_to_ascii(domain)}"


def identify_mailbox(address: str) -> str:
    """Return the same spelling for every way to write a mailbox; a text that is no address is returned unchanged.

    Case and script of the domain do not matter. The local part keeps its case: a server may distinguish ``Me`` and ``me``.
    """
    try:
        local, _, domain = to_wire(address).rpartition("@")
    except ValueError:
        return address
    return f"{local}@{domain.lower()}"


def needs_smtputf8(address: str) -> bool:
    """Return whether an address can only be sent to through a server that offers SMTPUTF8."""
    return not address.rpartition("@")[0].isascii()


def list_beyond_ascii(text: str) -> str:
    """Return the first five different characters of a text that are not ASCII, separated by commas, for a sentence."""
    found = dict.fromkeys(sign for sign in unicodedata.normalize("NFC", text) if not sign.isascii())
    return ", ".join([*found][:5])


# asked for each alert; a configuration has few recipients
@lru_cache(maxsize=4096)
def recipient_key(recipient: str) -> str:
    """Return what identifies a recipient; unlike for a mailbox, the case of the local part does not matter.

    A change of case in the configuration once caused an alert for every story again and ended mutes.
    """
    return identify_mailbox(recipient).casefold() if "@" in recipient else recipient


def is_one_recipient(one: str, other: str) -> bool:
    """Return whether two spellings are the same recipient."""
    return recipient_key(one) == recipient_key(other)
