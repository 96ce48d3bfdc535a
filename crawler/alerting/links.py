"""Links in messages: to the web pages, and signed ones with which a reader mutes or unsubscribes."""

import hashlib
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from itsdangerous import Signer
from itsdangerous.signer import HMACAlgorithm

from crawler.model.mail.alert import Message

# 120 bits cannot be guessed, and fill 20 characters of base64 exactly, so each signature has one spelling only; a whole
# HMAC-SHA256 has four
_SIGNATURE_BYTES = 15
# numbers exactly as we write them: no sign, no leading zeros, no digits of other scripts
_TOKEN = re.compile(r"(0|[1-9][0-9]{0,17})\.(0|[1-9][0-9]{0,17})\.[A-Za-z0-9_-]*")
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Writes links: the web pages' address, the database's name, which is in the ids of feeds, and the key that signs.

    Signed links are written only if other machines can reach the address.
    """

    web_url: str
    database: str
    key: bytes

    @property
    def is_public(self) -> bool:
        """Return whether the web pages can be reached from another machine."""
        host = (urlsplit(self.web_url).hostname or "").lower()
        if host == "localhost" or host.endswith(".localhost"):
            return False
        try:
            return not ipaddress.ip_address(host).is_loopback
        except ValueError:
            return True

    @property
    def is_secure(self) -> bool:
        """Return whether one-click requests may be sent to the web pages; RFC 8058 asks for https."""
        return self.is_public and self.web_url.startswith("https://")

    def to_article(self, article_id: int) -> str:
        """Return the address of an article's page."""
        return f"{self._base}/articles/{article_id}"

    def to_watch(self, watch_name: str) -> str:
        """Return the address of a watch's page; empty if the name is too long for one."""
        name = write_name(watch_name)
        # a watch's name has at most 80 characters, each of at most 12 bytes when written for an address: 960
        return f"{self._base}/watches/{name}" if len(name) < 1000 else ""

    def to_feed(self, watch_name: str = "") -> str:
        """Return the address of a watch's feed; without a name, of the feed of all alerts."""
        return self._base + feed_path(watch_name)

    def to_message(self, message: Message, alert_id: int = 0) -> str:
        """Return the signed address to mute an alert of a message, or with 0 its watches; empty if the web pages are not public."""
        if not self.is_public:
            return ""
        return f"{self._base}/-/message/{self.sign(message, alert_id)}"

    def sign(self, message: Message, alert_id: int = 0) -> str:
        """Return the token that acts for a message's recipient on one of its alerts, or with 0 on all of them."""
        stated = Token(delivery_id=message.delivery_id, alert_id=alert_id)
        return sign_token(self.key, stated, message.message_id)

    @property
    def _base(self) -> str:
        return self.web_url.rstrip("/")


def feed_path(watch_name: str = "") -> str:
    """Return the path of a watch's feed below the web pages' prefix; without a name, of the feed of all alerts."""
    return f"/-/alerts/{write_name(watch_name)}.atom" if watch_name else "/-/alerts.atom"


def write_name(name: str) -> str:
    """Return a name as part of a path that every proxy passes on unchanged.

    As Datasette writes names: ASCII letters and digits, "_" and "-" stay, a blank is "+", other bytes are written "~2F".
    Proxies such as nginx decode "%2F" and resolve "../".
    """
    return "".join(
        chr(byte) if byte in _PLAIN else "+" if byte == 0x20 else f"~{byte:02X}"
        for byte in name.encode("utf-8", "replace")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a signed link is about: one alert of a message, or all of them if ``alert_id`` is 0."""

    delivery_id: int
    alert_id: int


def sign_token(key: bytes, token: Token, message_id: str) -> str:
    """Return the signed text that lets its holder act for the recipient of one message.

    message_id  the message's. Numbers are used again in a new database or after a backup was restored: without it an
                old link would act for the recipient who has that number now (decision 023)
    """
    return _signer([key], message_id).sign(f"{token.delivery_id}.{token.alert_id}").decode()


def read_token(text: str) -> Token | None:
    """Return what a link claims to be about; None if it is not in our form. ``is_signed`` checks the claim."""
    found = _TOKEN.fullmatch(text)
    return Token(delivery_id=int(found[1]), alert_id=int(found[2])) if found else None


def is_signed(keys: Sequence[bytes], text: str, message_id: str) -> bool:
    """Return whether a text that ``read_token`` accepted was signed by us for the message with this Message-ID.

    keys  the keys of which any may have signed it
    """
    return _signer(keys, message_id).validate(text)


class _ShortSignature(HMACAlgorithm):
    """HMAC-SHA256, cut to 120 bits to fit into a link and the subject of a mail."""

    default_digest_method = staticmethod(hashlib.sha256)

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return super().get_signature(key, value)[:_SIGNATURE_BYTES]


def _signer(keys: Sequence[bytes], message_id: str) -> Signer:
    """Return a signer for one message, which signs with the last key and accepts signatures of all."""
    return Signer(
        keys,
        salt=f"watchword message {message_id}",
        key_derivation="hmac",
        digest_method=hashlib.sha256,
        algorithm=_ShortSignature(),
    )
