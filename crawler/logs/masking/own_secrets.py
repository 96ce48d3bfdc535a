"""The secrets of this installation: each is registered when it is read, and masked in whatever form a text quotes it."""

import base64
import html
import json
import re
from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

MASK = "***"
# a shorter one is no secret, and its characters would be missing in every line
_SHORTEST = 6
# of an address: shorter parts are words such as "api" and "v2"
_SHORTEST_PART = 8
# each is looked for in every text; an installation has some dozens, and access tokens come and go
_MOST_SECRETS = 1_000
_WORD = re.compile(r"[a-z]+|[A-Z]?[a-z]+|\d+")
_HOST = re.compile(r"(?:[\w-]+\.)+(?:[a-z]{2,}|\d{1,3})")
_IN_BASE64 = "[A-Za-z0-9+/_-]*"


@dataclass(frozen=True, slots=True)
class _Secret:
    """A secret and how it is found.

    core     characters that every spelling has, to look for first: a pattern costs twenty times as much
    spelled  finds it in whatever way each of its characters is escaped
    encoded  what base64 makes of it, one for each place it can have in a longer text, such as "name:password"
    """

    core: str
    spelled: re.Pattern[str]
    encoded: tuple[str, ...]

    def replace_in(self, text: str) -> str:
        if self.core in text:
            text = self.spelled.sub(MASK, text)
        for one in self.encoded:
            if one in text:
                text = re.sub(f"{_IN_BASE64}{re.escape(one)}{_IN_BASE64}={{0,2}}", MASK, text)
        return text


_secrets: OrderedDict[str, _Secret] = OrderedDict()
# a secret may begin with another one: the longest is looked for first
_longest_first: tuple[_Secret, ...] = ()


def keep_secret(secret: str) -> str:
    """Return a secret unchanged, and mask it from now on in all that this process logs, in whatever form it is quoted."""
    global _longest_first  # noqa: PLW0603  # replaced at once, so that a thread that reads it sees a whole one
    if len(secret) < _SHORTEST:
        return secret
    if secret in _secrets:
        _secrets.move_to_end(secret)
        return secret
    _secrets[secret] = _make(secret)
    while len(_secrets) > _MOST_SECRETS:
        _secrets.popitem(last=False)
    _longest_first = tuple(_secrets[one] for one in sorted(_secrets, key=len, reverse=True))
    return secret


def keep_address(url: str) -> str:
    """Return an address that is a secret, unchanged, and mask it from now on: whole, without its scheme, and its parts.

    A library that fails names the path alone, or the token that it read from the address.
    """
    scheme, _, rest = url.partition("://")
    keep_secret(url)
    keep_secret(rest)
    host = _read_host(url)
    # in addresses of Apprise, what stands in place of a host may be a token; a name with a dot is a host
    if scheme.lower() not in {"http", "https"} and not _HOST.fullmatch(host):
        host = ""
    for part in re.split(r"[/@:?&=,;#\s]+", rest):
        plain = unquote(part)
        if len(plain) >= _SHORTEST_PART and part.lower() != host and not _WORD.fullmatch(plain):
            keep_secret(plain)
    return url


def mask_own(text: str) -> str:
    """Return a text with the secrets of this installation masked."""
    for secret in _longest_first:
        text = secret.replace_in(text)
    return text


def _read_host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _make(secret: str) -> _Secret:
    core = max(re.findall(r"[A-Za-z0-9]+", secret), key=len, default="")
    spelled = re.compile("".join(map(_spell, secret)))
    return _Secret(core, spelled, tuple({*_encode(secret, "+/"), *_encode(secret, "-_")}))


def _spell(character: str) -> str:
    """Return a pattern of how a character is written: in addresses, JSON, Python, HTML, and bytes taken for Latin-1."""
    if character.isascii() and character.isalnum():
        return character
    data = character.encode("utf-8", "surrogatepass")
    percent = "".join(f"%{byte:02x}" for byte in data)
    forms = {
        *(character, f"\\{character}", percent, percent.replace("%", "%25")),
        *(json.dumps(character)[1:-1], repr(character)[1:-1], repr(data)[2:-1]),
        *(html.escape(character), f"&#{ord(character)};", f"&#x{ord(character):x};"),
        *(data.decode("latin-1"), "+" if character == " " else character),
    }
    longest_first = sorted(map(re.escape, forms), key=len, reverse=True)
    return f"(?i:{'|'.join(longest_first)})"


def _encode(secret: str, signs: str) -> list[str]:
    """Return the characters that base64 makes of a secret alone, for each of the three places in a group of bytes."""
    data = secret.encode("utf-8", "surrogatepass")
    found = []
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data, altchars=signs.encode()).decode("ascii")
        # the first and last characters may hold bits of what stands beside it
        end = (before + len(data)) * 8 // 6
        found.append(encoded[(0, 2, 3)[before] : end])
    return found
