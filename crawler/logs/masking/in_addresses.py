"""Secrets in web addresses: logins, parameters, paths that are known only to those who may use them, and all these encoded.

Nothing is masked because it is long: most long texts here are addresses of articles.
"""

import re
from collections.abc import Callable
from urllib.parse import quote, unquote

from crawler.logs.masking.guesses import is_random, is_word
from crawler.logs.masking.own_secrets import MASK

# a port looks like a password, but is digits to the end of the host
_NO_PORT = r"(?!\d{1,5}(?:[/?#\s\"']|$))"
# name and password before the host; the name stays, because it says which login is meant. A password may hold a raw slash
# or question mark
_LOGIN = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]{0,30}:[\\/]{2,3})"
    rf"(?:(?P<name>[^/?#\s:@\[\]\"'<>*]{{0,200}}):{_NO_PORT}[^\s\"<>]{{0,500}}@|[^/?#\s:@\"<>*]{{1,500}}@)",
    re.IGNORECASE,
)
# the same without a scheme, as of a proxy. A host is an IP address or does not begin with a digit: addresses of fonts have
# "Inter:wght@400"
_BARE_LOGIN = re.compile(
    rf"(?<![\w.+:@%-])(?<!\w/)(?!\d+:)(?P<name>[\w.+@-]{{1,64}}):(?!//|[@+*]){_NO_PORT}[^\s\"'<>]{{1,200}}"
    r"@(?=[a-z\[]|\d{1,3}(?:\.\d{1,3}){3})",
    re.IGNORECASE,
)
_BEFORE_ADDRESSES = frozenset(["mailto", "to", "from", "cc", "bcc", "reply-to", "sender", "recipient", "rcpt", "sip", "sips", "xmpp", "acct", "address", "user", "by", "for"])  # fmt: skip
# parameters whose value opens something: of private feeds, signed addresses and our own links
_OPENING = (
    r"[\w.-]{0,40}(?:token|secret|password|passwd|apikey|accesskey|credentials?)"
    r"|(?:[\w.-]{0,40}[_.-])?(?:key|auth|authkey|passphrase|passcode|pass|pwd|sig|signature|jwt|hmac|authorization|session"
    r"|sessionid|otp)|ds_actor"
)
# those that number articles or name settings too: masked if the value was made by chance
_DOUBTFUL = r"(?:[\w.-]{0,40}[_.-])?(?:sid|code|ticket|policy|state)"
_PARAMETER = re.compile(
    rf"(?P<name>[?&;#](?:{_OPENING}|(?P<doubtful>{_DOUBTFUL}))=)(?P<value>[^&#\s\"'<>;]+)",
    re.IGNORECASE,
)
# services whose path is the secret, and our own signed links
_PATH = re.compile(
    r"(?P<head>hooks\.slack\.com/(?:services|workflows|triggers)/|/services/(?=T\w+/B\w+/)|/api/webhooks/\d+/|/bot(?=\d{5,}:)"
    r"|api\.telegram\.org/bot|hc-ping\.com/|\.webhook\.office\.com/webhookb2/|hooks\.zapier\.com/hooks/catch/"
    r"|maker\.ifttt\.com/(?:trigger|use)/|\bhook\.\w+\.make\.com/|/-/message/"
    r"|\bntfy(?:\.[\w-]{1,63}){1,4}(?::\d{1,5})?/(?!(?:docs|static|app|account|v1)\b))[^\s\"'<>?#*]+",
    re.IGNORECASE,
)
# a part of each service, to look for first: an address is in most lines, and the pattern takes longer than all others
_PATH_HINTS = (
    "hooks",
    "services/",
    "/bot",
    "hc-ping",
    "webhook",
    "ifttt",
    "hook.",
    "/-/message/",
    "ntfy.",
)
# a segment made by chance behind one that says what it is
_SEGMENT = re.compile(
    r"(?P<head>/(?:hooks?|webhooks?|api/push|ping|tokens?|access_token|keys?|api_?keys?|secrets?|private|signed|sessions?"
    r"|invites?|reset|unsubscribe|confirm|verify)/(?:[\w.-]{1,30}/)?)(?P<value>[\w.~-]{16,300})",
    re.IGNORECASE,
)
# part of an address that has an encoded : = or @; only there can an encoded login, parameter or mail address be
_ENCODED = re.compile(r"(?:[\w.~*+!$()-]|%[0-9a-f]{2})+", re.IGNORECASE)
_IS_ENCODED = re.compile(r"%(?:25){0,2}(?:3a|3d|40)", re.IGNORECASE)
# an address may hold one that holds one
_DEEPEST = 3


def mask_in_addresses(text: str) -> str:
    """Return a text with the logins and tokens of its web addresses masked; what is encoded in them stays."""
    if "@" in text:
        text = _LOGIN.sub(_write_login, text)
        text = _BARE_LOGIN.sub(_write_bare_login, text)
    if "=" in text:
        text = _PARAMETER.sub(_write_parameter, text)
    if "/" in text:
        lowered = text.lower()
        if any(hint in lowered for hint in _PATH_HINTS):
            text = _PATH.sub(rf"\g<head>{MASK}", text)
        text = _SEGMENT.sub(_write_segment, text)
    return text


def mask_decoded(text: str, mask: Callable[[str], str], deepest: int = _DEEPEST) -> str:
    """Return a text masked by a function, and the encoded parts of its addresses decoded, masked and encoded again."""
    text = mask(text)
    if "%" not in text or not deepest or not _IS_ENCODED.search(text):
        return text

    def write(found: re.Match[str]) -> str:
        if not _IS_ENCODED.search(found[0]):
            return found[0]
        plain = unquote(found[0])
        masked = mask_decoded(plain, mask, deepest - 1)
        return found[0] if masked == plain else quote(masked, safe="*+!$()~")

    return _ENCODED.sub(write, text)


def _write_login(found: re.Match[str]) -> str:
    name = found["name"]
    return f"{found['scheme']}{name}:{MASK}@" if name else f"{found['scheme']}{MASK}@"


def _write_bare_login(found: re.Match[str]) -> str:
    is_address = found["name"].lower() in _BEFORE_ADDRESSES
    return found[0] if is_address else f"{found['name']}:{MASK}@"


def _write_parameter(found: re.Match[str]) -> str:
    value = found["value"]
    # ?requestAccessToken=true and ?noCookie=1 are settings
    is_setting = is_word(value) or value in {"0", "1"}
    is_shown = is_setting or (found["doubtful"] and not is_random(value))
    return found[0] if is_shown else f"{found['name']}{MASK}"


def _write_segment(found: re.Match[str]) -> str:
    return f"{found['head']}{MASK}" if is_random(found["value"]) else found[0]
