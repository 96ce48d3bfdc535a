"""Masks: what no log, message or table may show of logins, keys, tokens and mail addresses.

A text is masked by its shape, which catches what others send us, and by the secrets of this installation, which catches
those of any shape: each is registered when it is read.
"""

import base64
import json
import re
from collections import OrderedDict
from urllib.parse import quote

# name and password before the host; the name stays, because it says which login is meant. A password may hold a raw slash
# or question mark; a port, which looks like one, is digits to the end of the host
_LOGIN = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]{0,30}:[\\/]{2,3})"
    r"(?:(?P<name>[^/?#\s:@\[\]\"'<>*]{0,200}):(?!\d{1,5}(?:[/?#\s\"']|$))[^\s\"<>]{0,500}@"
    r"|[^/?#\s:@\"<>*]{1,500}@)",
    re.IGNORECASE,
)
# parameters whose value opens something: of private feeds, signed addresses and our own links
_PARAMETER = re.compile(
    r"(?P<name>[?&;#](?:[\w.-]{0,40}[_.-])?(?:token|key|apikey|auth|authkey|secret|password|passwd|passphrase|passcode|pass|pwd"
    r"|sig|signature|credential|credentials|session|sessionid|sid|jwt|hmac|ticket|policy|authorization|accesstoken|authtoken)=)"
    r"[^&#\s\"'<>;]+",
    re.IGNORECASE,
)
_HEADER = re.compile(r"\b(?P<kind>bearer|basic|digest|negotiate)\s+[a-z0-9+/_.~=-]{8,}", re.IGNORECASE)  # fmt: skip
# webhooks whose path is the secret
_WEBHOOK = re.compile(
    r"(?P<head>hooks\.slack\.com/(?:services|workflows|triggers)/|discord(?:app)?\.com/api/webhooks/\d+/"
    r"|api\.telegram\.org/bot|hc-ping\.com/|\.webhook\.office\.com/webhookb2/)[^\s\"'<>?#]+",
    re.IGNORECASE,
)
# the start must be no part of a longer word; an asterisk is never in it, so that a masked text is masked no further
_ADDRESS = re.compile(
    r"(?<![\w.!#$%&'+=?^`{|}~@*-])(?P<local>\"[^\"\n]{1,64}\"|[\w.!#$%&'+=?^`{|}~-]{1,64})@"
    r"(?P<domain>(?:[\w-]{1,63}\.)+[\w-]{2,63}|localhost|\[[0-9a-z:.]{2,50}\])",
    re.IGNORECASE,
)
_MASK = "***"
# a shorter one is no secret, and its characters would be missing in every line
_SHORTEST = 6
# each is looked for in every text; an installation has some dozens
_MOST_SECRETS = 1_000
_secrets: OrderedDict[str, None] = OrderedDict()


def keep_secret(secret: str) -> str:
    """Return a secret unchanged, and mask it from now on in all that this process logs, in whatever form it is quoted."""
    if len(secret) >= _SHORTEST and secret not in _secrets:
        encoded = base64.b64encode(secret.encode("utf-8", "surrogatepass")).decode("ascii")
        forms = (secret, quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1], encoded)  # fmt: skip
        for form in forms:
            _secrets[form] = None
        while len(_secrets) > _MOST_SECRETS:
            _secrets.popitem(last=False)
    return secret


def mask(text: str) -> str:
    """Return a text without logins, tokens, known secrets and whole mail addresses."""
    return mask_addresses(mask_secrets(text))


def mask_secrets(text: str) -> str:
    """Return a text without logins, tokens and known secrets; mail addresses stay, for what is stored beside them."""
    for secret in tuple(_secrets):
        if secret in text:
            text = text.replace(secret, _MASK)
    return mask_urls(text)


def mask_urls(text: str) -> str:
    """Return a text with the logins and tokens of its web addresses and headers masked: ``https://ada:***@host/?key=***``."""
    if "@" in text:
        text = _LOGIN.sub(_write_login, text)
    if "=" in text:
        text = _PARAMETER.sub(rf"\g<name>{_MASK}", text)
    text = _WEBHOOK.sub(rf"\g<head>{_MASK}", text) if "/" in text else text
    return _HEADER.sub(rf"\g<kind> {_MASK}", text) if " " in text else text


def mask_addresses(text: str) -> str:
    """Return a text with its mail addresses masked."""
    return _ADDRESS.sub(lambda found: mask_address(found[0]), text) if "@" in text else text


def mask_address(address: str) -> str:
    """Return a recipient that only those recognise who know it: ``j***@example.org``; the name of a channel stays."""
    local, at, domain = address.rpartition("@")
    return f"{local.lstrip(chr(34))[:1]}{_MASK}@{domain}" if at else address


def _write_login(found: re.Match[str]) -> str:
    name = found["name"]
    return f"{found['scheme']}{name}:{_MASK}@" if name else f"{found['scheme']}{_MASK}@"
