"""Secret addresses of feeds: feed readers cannot sign in, so the address of a feed has a key that opens only this feed."""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from pathlib import Path

from datasette.utils import tilde_decode

from crawler.storage.file.signing_key import list_signing_keys, read_signing_key

# the path of the feed of all alerts, or of a watch's; see crawler.alerting.links.feed_path
FEED_PATH = re.compile(r"/-/alerts(?:/(?P<watch>.{1,2000}))?\.atom")
# 120 bits cannot be guessed, and fill 20 characters
_KEY_BYTES = 15


def make_feed_key(database: Path, watch: str = "") -> str:
    """Return the key of a watch's feed, or of the feed of all alerts; empty if no key can be read or made."""
    try:
        return _sign(read_signing_key(database), watch)
    except OSError:
        return ""


def is_feed_key(database: Path, watch: str, key: str) -> bool:
    """Return whether a key opens a feed.

    watch  the name as in the address, tilde-encoded
    """
    try:
        keys = list_signing_keys(database)
    except OSError:
        return False
    name = tilde_decode(watch)
    right = [hmac.compare_digest(_sign(one, name).encode(), key.encode()) for one in keys]
    return any(right)


def _sign(key: bytes, watch: str) -> str:
    digest = hmac.digest(key, b"feed\0" + watch.encode("utf-8", "replace"), hashlib.sha256)
    return urlsafe_b64encode(digest[:_KEY_BYTES]).decode()
