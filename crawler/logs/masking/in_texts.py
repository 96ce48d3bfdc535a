"""Secrets in other texts: headers, answers of mail servers, values with a name beside them, tokens of known services.

There must be a name, such as ``password``, or a form that only tokens have: a headline such as "Token: a history" stays.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from crawler.logs.masking.guesses import is_credential, is_mixed, is_random, is_response, is_word
from crawler.logs.masking.own_secrets import MASK

_SCHEMES = r"basic|bearer|digest|negotiate|ntlm|token|apikey|oauth|hawk|dpop|aws4-hmac-sha256|sharedkey|vapid|privatetoken"
# parameters, or one token
_CREDENTIALS = r"(?:[\w-]{1,40}=(?:\"[^\"]*\"?|[^\s,\"]*)(?:,\s*(?=[\w-]+=))?)+|[^\s\"',;<>]+"
_AUTHORIZATION = re.compile(
    rf"(?P<head>\bauthorization\s{{0,3}}[:=]\s*)(?P<scheme>(?:{_SCHEMES})\s+)?(?P<value>{_CREDENTIALS})(?P<more>[ \t]+[^\s\"',;<>]+)?",
    re.IGNORECASE,
)
# without the header's name, what follows may be a word: "basic research"
_SCHEME = re.compile(
    r"\b(?P<head>(?:bearer|basic|digest|negotiate|ntlm)\s+)(?P<value>[a-z0-9+/_.~-]{8,}={0,2}|username=\"?[^\s\"]+)",
    re.IGNORECASE,
)
_SASL = re.compile(
    r"\b(?P<head>AUTH(?:ENTICATE)?\s+[\w-]{2,20}\s+)(?P<value>[a-z0-9+/]{8,}={0,2})", re.IGNORECASE
)
_IMAP_LOGIN = re.compile(
    r"\b(?P<head>[A-Z]{0,5}\d{1,6} LOGIN )(?:\"[^\"]*\"?|\S+) (?:\"(?:[^\"\\]|\\.)*\"?|\S+)"
)
_COOKIE = re.compile(
    r"(?P<head>\bcookie:\s*)(?=[^\s=;\"']{1,200}=)(?:[^\"'\r\n]|(?<==)\"[^\"\r\n]*\"?)+", re.IGNORECASE
)  # fmt: skip
# a pair as in a list of headers or arguments: (b'cookie', b'a=b')
_LISTED = re.compile(
    r"(?P<head>[\"'](?:(?:proxy-)?authorization|(?:set-)?cookie|[\w-]{0,40}(?:token|api-?key|secret|password))[\"']\s*,\s*[bu]?"
    r"[\"'])[^\"']+",
    re.IGNORECASE,
)
# of a command line
_OPTION = re.compile(
    r"(?P<head>(?<![\w-])--?[a-z-]{0,30}(?:password|passwd|passphrase|token|secret|key)\s+)(?P<value>[^\s\"'<>-][^\s\"'<>]*)",
    re.IGNORECASE,
)
# name and password as curl takes them, also as a list of arguments: -u ada:pw, --proxy-user='ada:p w', "-u", "ada:pw". A name
# that follows at once, as in -uada:pw, is one only behind "curl": queries have -title:toy
_LOGIN_OPTION = re.compile(
    r"(?P<head>(?<![\w-])(?:-[fgikLnNsSv]{0,6}[uU]|--(?:proxy-)?(?:user|auth))(?P<sign>\\{0,3}[\"']\s{0,3},\s{0,3}|=|\s{1,3}|))"
    r"(?:(?P<quote>[bu]?\\{0,3}(?P<mark>[\"']))(?P<quoted_name>[^\s:\"'\\]{1,64}):(?P<quoted>(?:(?!\\{0,3}(?P=mark))[^\r\n]){1,200})"
    r"|(?P<name>[^\s:\"'<>\\=]{1,64}):(?P<bare>[^\s\"'<>]{1,200}))"
)
_PORT = re.compile(r"\d{1,5}(?:[/?#].*)?")
# words that sentences have too
_WORDS = r"(?P<word>token|secret|(?P<doubtful>(?<![^\W_])(?:key|auth|code|sig|signature|session|session_?id|sid|jwt)))"
# names of which nobody writes a sentence with a colon: those of passwords, and those that are joined
_NAMES = (
    r"passw(?:or)?d|passphrase|passcode|(?<![^\W_])(?:pass|pwd)|(?P<header>authorization|cookie)|ds_actor|credentials|clientsecret"
    r"|(?:api|access|auth|secret|private|signing|shared|consumer|encryption)[ _-]?key"
    r"|(?<=[\w][_-])(?:token|secret)|(?:access|auth|refresh|id|bearer|session)token"
)
_SIGN = (
    r"\s{0,3}(?:=>|:=|[:=])(?!=)\s{0,3}"  # password: x, password = x, password => x
    r"|>(?=[^<>\s]{1,200}</)"  # <password>x</password>
    r"|\s(?=[\"'`]|[^\s\"']{8})"  # the token "x"
)
_VALUE = (
    r"(?P<list>[\[(]{1,2}[bu]?[\"'][^\])]*)"
    r"|[bu]?(?P<quote>\\{0,3}[\"'])(?P<quoted>(?:(?!(?P=quote))(?:\\.|[^\\\r\n]|\\(?=[\r\n]|$)))*)"
    r"|(?P<bare>[^\s\"'<>]+)"
)
_NAMED = re.compile(
    rf"(?P<head>(?:{_NAMES}|{_WORDS})(?P<end>\\{{0,3}}[\"']\]?)?(?P<sign>{_SIGN}))(?:{_VALUE})",
    re.IGNORECASE,
)
_OF_ADDRESS = re.compile(r"[?&;#][\w.-]*$")
# what services begin their tokens with, so that they are found
_KNOWN = re.compile(
    r"(?<![\w/+-])(?:eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?|gh[opsur]_\w{16,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[a-z]-[\w-]{10,}"
    r"|sk-[\w-]{20,}|[sr]k_live_\w{16,}|AKIA[0-9A-Z]{16}|AIza[\w-]{30,}|ya29\.[\w-]{20,}|SG\.[\w-]{16,}\.[\w-]{16,}|tk_[a-z0-9]{20,}"
    r"|whsec_[\w+/]{16,}={0,2}|\d{8,10}:AA[\w-]{30,})"
)
# what each pattern needs, in lower case: to look for that first costs a tenth of the patterns
_SCHEME_HINTS = ("bearer ", "basic ", "digest ", "negotiate ", "ntlm ", "auth", "login")
_LISTED_HINTS = ("token", "key", "secret", "password", "cookie", "authorization")
_KNOWN_HINTS = ("eyJ", "gh", "glpat", "xox", "sk-", "k_live", "AKIA", "AIza", "ya29", "SG.", "tk_", "whsec_", ":AA")  # fmt: skip
_NAMED_HINT = re.compile(
    r"(?:pass|pwd|secret|token|key|auth|code|sig|session|sid|jwt|cookie|ds_actor|credentials)[a-z_]{0,14}\\{0,3}[\"']?\]?"
    r"(?:\s{0,3}[:=>]|\s[\"'`]|\s(?=\S{0,40}\d)\S{8})"
)


def mask_in_texts(text: str) -> str:
    """Return a text with what its headers and names say to be a secret masked."""
    lowered = text.lower()
    if any(hint in lowered for hint in _SCHEME_HINTS):
        text = _AUTHORIZATION.sub(_write_authorization, text)
        text = _SCHEME.sub(lambda found: _write_if(found, is_credential), text)
        text = _SASL.sub(lambda found: _write_if(found, is_response), text)
        text = _IMAP_LOGIN.sub(rf"\g<head>{MASK}", text)
    if any(hint in lowered for hint in _LISTED_HINTS):
        text = _COOKIE.sub(rf"\g<head>{MASK}", text)
        text = _LISTED.sub(rf"\g<head>{MASK}", text)
        text = _OPTION.sub(lambda found: _write_if(found, lambda value: not is_word(value)), text)
    if ":" in text and "-" in text:
        text = _LOGIN_OPTION.sub(_write_login, text)
    if _NAMED_HINT.search(lowered):
        text = _NAMED.sub(_write_named, text)
    if any(hint in text for hint in _KNOWN_HINTS):
        text = _KNOWN.sub(MASK, text)
    return text


@lru_cache(maxsize=1000)
def is_name_of_secret(name: str) -> bool:
    """Return whether a field's name says that its value is a secret."""
    found = _NAMED.search(f"{name}=x")
    return found is not None and not found["doubtful"]


def _write_if(found: re.Match[str], is_secret: Callable[[str], bool]) -> str:
    return f"{found['head']}{MASK}" if is_secret(found["value"]) else found[0]


def _write_authorization(found: re.Match[str]) -> str:
    value, more = found["value"], found["more"] or ""
    if is_word(value) or value.startswith(MASK):
        return found[0]
    # a word that is no scheme we know, and what it is the scheme of
    is_scheme = not found["scheme"] and value.replace("-", "").isalpha() and not is_word(more)
    return f"{found['head']}{found['scheme'] or ''}{MASK}{'' if is_scheme else more}"


def _write_login(found: re.Match[str]) -> str:
    name, value = found["quoted_name"] or found["name"], found["quoted"] or found["bare"]
    is_joined = not found["sign"] and "curl" not in found.string[: found.start()].lower()
    # -u 1000:1000 is a user and its group, -u h.example:80 a host and its port, -u C:\x and -u https://h are no logins
    is_place = _PORT.fullmatch(value) and (name.isdecimal() or "." in name or name == "localhost")
    is_path = value.startswith("//") or (len(name) == 1 and value[0] in "\\/")
    if is_joined or is_place or is_path:
        return found[0]
    return f"{found['head']}{found['quote'] or ''}{name}:{MASK}"


def _write_named(found: re.Match[str]) -> str:
    value = found["list"] or found["quoted"] or found["bare"] or ""
    if not value or value.startswith(MASK) or not _is_secret(found, value):
        return found[0]
    if found["list"]:
        return f"{found['head']}[{MASK}"
    if found["quoted"]:
        return f"{found['head']}{found['quote']}{MASK}"
    # what closes the sentence or call around it
    end = value[len(value.rstrip(".,;:!?)]}")) :]
    return f"{found['head']}{MASK}{end}"


def _is_secret(found: re.Match[str], value: str) -> bool:
    """Return whether a named value is a secret."""
    start = found.start()
    # of a parameter, the value ends before the next one, and was looked at; of a header, the name of the scheme stays
    is_parameter = _OF_ADDRESS.search(found.string, max(0, start - 42), start)
    if is_parameter or (found["header"] and found["bare"] and not found["end"]):
        return False
    if found["doubtful"]:
        return is_random(value)
    if _is_joined(found):
        return True
    if found["word"] or found["sign"].isspace():
        return is_random(value) or is_mixed(value)
    return not is_word(value)


def _is_joined(found: re.Match[str]) -> bool:
    """Return whether name and value are written as programs write them, and so are no sentence: "password": 1."""
    if found["end"]:
        return bool(found["list"] or found["quoted"] or found["bare"].rstrip(",}]").isdecimal())
    return found["sign"] == "=" or bool(found["list"])
