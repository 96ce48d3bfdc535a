"""Where a letter leads: the reading room, and signed links by which its reader mutes what it told."""

import base64
import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

_SIGNATURE_BYTES = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """The reading room's address, the name of the database in it, and the key that signs links.

    Signed links are written only where the address is one that other machines can reach.
    """

    room_url: str
    database: str
    key: bytes

    @property
    def is_public(self) -> bool:
        """Whether the reading room can be reached from another machine."""
        host = (urlsplit(self.room_url).hostname or "").lower()
        if host == "localhost" or host.endswith(".localhost"):
            return False
        try:
            return not ipaddress.ip_address(host).is_loopback
        except ValueError:
            return True

    @property
    def is_secure(self) -> bool:
        """Whether one-click requests may be sent there; RFC 8058 asks for https."""
        return self.is_public and self.room_url.startswith("https://")

    def to_article(self, article_id: int) -> str:
        """Give the address of an article's page."""
        return f"{self._base}/{self.database}/articles/{article_id}"

    def to_letter(self, delivery_id: int, alert_id: int = 0) -> str:
        """Give the signed address to mute an alert of a letter, or with 0 the letter's watches; empty if not public."""
        if not self.is_public:
            return ""
        return f"{self._base}/-/letter/{sign_token(self.key, delivery_id, alert_id)}"

    @property
    def _base(self) -> str:
        return self.room_url.rstrip("/")


def sign_token(key: bytes, delivery_id: int, alert_id: int) -> str:
    """Give the token that lets its holder speak for the recipient of one letter."""
    return f"{delivery_id}.{alert_id}.{_sign(key, delivery_id, alert_id)}"


def read_token(key: bytes, token: str) -> tuple[int, int] | None:
    """Give the letter's and the alert's id of a token we signed; None for any other."""
    parts = token.split(".")
    if len(parts) != 3 or not all(part.isdecimal() and len(part) < 19 for part in parts[:2]):
        return None
    delivery_id, alert_id = int(parts[0]), int(parts[1])
    is_ours = hmac.compare_digest(_sign(key, delivery_id, alert_id).encode(), parts[2].encode())
    return (delivery_id, alert_id) if is_ours else None


def _sign(key: bytes, delivery_id: int, alert_id: int) -> str:
    text = f"watchword letter {delivery_id} {alert_id}".encode()
    digest = hmac.new(key, text, hashlib.sha256).digest()[:_SIGNATURE_BYTES]
    return base64.urlsafe_b64encode(digest).decode()
