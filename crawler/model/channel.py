"""What a service behind a channel takes, what it is given, and what it answered."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a message a service takes, as its Apprise plugin states it.

    key        names the service within its channel and tells nothing of its address
    name       the service's own name, such as ``Mastodon``
    schema     such as ``mastodon``
    body       most characters of the text, as the service counts
    title      most characters of the title; 0 where it has none, and the title belongs into the text
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
    """What a service is given."""

    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a service answered.

    status      of HTTP, 0 where there was none
    reason      in words, one line that tells nothing of the address; empty where nothing is to be said
    is_partial  some of its recipients got it
    most        the length it says it takes, 0 where it names none
    """

    key: str
    is_taken: bool
    status: int = 0
    reason: str = ""
    is_partial: bool = False
    most: int = 0
