"""Where a message leads: the web pages, and signed links by which its reader mutes what it told."""

import hashlib
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from itsdangerous import Signer
from itsdangerous.signer import HMACAlgorithm

from crawler.model.alert import Message

# 120 bits are out of reach of guessing, and written in 20 signs without a rest: there is one spelling of each
_SIGNATURE_BYTES = 15
# numbers as we write them: no sign, no zeros before them, no digits of other scripts
_TOKEN = re.compile(r"(0|[1-9][0-9]{0,17})\.(0|[1-9][0-9]{0,17})\.[A-Za-z0-9_-]*")
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """The web pages' address, the name of the database in it, and the key that signs links.

    Signed links are written only where the address is one that other machines can reach.
    """

    web_url: str
    database: str
    key: bytes

    @property
    def is_public(self) -> bool:
        """Whether the web pages can be reached from another machine."""
        host = (urlsplit(self.web_url).hostname or "").lower()
        if host == "localhost" or host.endswith(".localhost"):
            return False
        try:
            return not ipaddress.ip_address(host).is_loopback
        except ValueError:
            return True

    @property
    def is_secure(self) -> bool:
        """Whether one-click requests may be sent there; RFC 8058 asks for https."""
        return self.is_public and self.web_url.startswith("https://")

    def to_article(self, article_id: int) -> str:
        """Give the address of an article's page."""
        return f"{self._base}/{write_name(self.database)}/articles/{article_id}"

    def to_watch(self, watch_name: str) -> str:
        """Give the address of the page that lists all alerts of a watch; empty for what can be no name of one."""
        name = quote(watch_name.encode("utf-8", "replace"), safe="")
        # names have at most 80 characters, 12 bytes each when quoted; nobody else's become an address
        return (
            f"{self._base}/{write_name(self.database)}/watch_alerts?watch={name}"
            if len(name) < 1000
            else ""
        )

    def to_feed(self, watch_name: str = "") -> str:
        """Give the address of a watch's feed, or of that of all alerts."""
        return self._base + feed_path(watch_name)

    def to_message(self, message: Message, alert_id: int = 0) -> str:
        """Return the signed address to mute an alert of a message, or with 0 the message's watches; empty if not public."""
        if not self.is_public:
            return ""
        return f"{self._base}/-/message/{self.sign(message, alert_id)}"

    def sign(self, message: Message, alert_id: int = 0) -> str:
        """Return the token that speaks for a message's recipient about an alert of it, or with 0 about all it tells."""
        stated = Token(delivery_id=message.delivery_id, alert_id=alert_id)
        return sign_token(self.key, stated, message.message_id)

    @property
    def _base(self) -> str:
        return self.web_url.rstrip("/")


def feed_path(watch_name: str = "") -> str:
    """Give the path of a watch's feed, or of that of all alerts, without the prefix of the web pages."""
    return f"/-/alerts/{write_name(watch_name)}.atom" if watch_name else "/-/alerts.atom"


def write_name(name: str) -> str:
    """Return a name as a part of a path that every proxy hands on as it is.

    As Datasette writes names: letters, digits, "_" and "-" stay, a blank is "+", other bytes are "~2F". Proxies read "%2F"
    and what follows from "../".
    """
    return "".join(
        chr(byte) if byte in _PLAIN else "+" if byte == 0x20 else f"~{byte:02X}"
        for byte in name.encode("utf-8", "replace")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a signed link speaks of: an alert of a message, or with 0 for the alert all that the message tells."""

    delivery_id: int
    alert_id: int


def sign_token(key: bytes, token: Token, message_id: str) -> str:
    """Return the text that lets its holder speak for the recipient of one message.

    message_id  the message's. Ids begin anew in a new database, and are given again after a backup was put back: without
                it an old link would speak for whoever has that id now
    """
    return _signer([key], message_id).sign(f"{token.delivery_id}.{token.alert_id}").decode()


def read_token(text: str) -> Token | None:
    """Return what a link claims to speak of, None where it is not written as we write it; see ``is_signed``."""
    found = _TOKEN.fullmatch(text)
    return Token(delivery_id=int(found[1]), alert_id=int(found[2])) if found else None


def is_signed(keys: Sequence[bytes], text: str, message_id: str) -> bool:
    """Return whether we wrote a text that ``read_token`` can read for the message that has this Message-ID.

    keys  any of which may have signed it
    """
    return _signer(keys, message_id).validate(text)


class _ShortSignature(HMACAlgorithm):
    """HMAC-SHA256, cut to what a link and the subject of a mail have room for."""

    default_digest_method = staticmethod(hashlib.sha256)

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return super().get_signature(key, value)[:_SIGNATURE_BYTES]


def _signer(keys: Sequence[bytes], message_id: str) -> Signer:
    """Return what signs with the last key and takes signatures of all, for one message and nothing else."""
    return Signer(
        keys,
        salt=f"watchword message {message_id}",
        key_derivation="hmac",
        digest_method=hashlib.sha256,
        algorithm=_ShortSignature(),
    )
