"""Records of a channel's services: the limits of a message, what is sent, and the reply."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a message to a service, as its Apprise plugin states them.

    A single limit for all services lost digests: Mastodon takes 500 characters, Discord 2,000 (caronc/apprise#198). The
    defaults apply to a service that states no limit.

    key        names the service within its channel without revealing its address
    name       the service's own name, such as ``Mastodon``
    schema     such as ``mastodon``
    body       most characters of the text, as the service counts
    title      most characters of the title; 0 if it has none, and the title is put into the text
    is_html    the text is escaped for HTML on its way, and that is what is counted
    is_split   the address asks for long texts to be sent in parts
    """

    key: str = ""
    name: str = "the service"
    schema: str = ""
    body: int = 4000
    title: int = 250
    is_html: bool = False
    is_split: bool = False


@dataclass(frozen=True, slots=True)
class Notification:
    """A message as it is passed to a service."""

    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer of a service.

    status      of HTTP, 0 if there was none
    reason      one line without the address, which is a secret; may be empty
    is_partial  some of its recipients got it
    most        the greatest length that it names, 0 if it names none
    """

    key: str
    is_taken: bool
    status: int = 0
    reason: str = ""
    is_partial: bool = False
    most: int = 0
