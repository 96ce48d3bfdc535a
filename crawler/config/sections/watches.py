"""``[[watch]]`` and ``[[synonyms]]``."""

from datetime import date

from pydantic import Field

from crawler.config.section import Section
from crawler.config.sections.digest import Digest
from crawler.config.values import ChannelName, LanguageCode, MailAddress, Name, SetWord, Zone
from crawler.model.watch import AlertMode, OnRevision


class WatchSettings(Section):
    """``[[watch]]``: words to watch for, and who is alerted."""

    name: Name = Field(description="Its name; unique.")
    # room for the hundred words and phrases that a query may have (docs/reference/watch-language.md)
    query: str = Field(
        min_length=1,
        max_length=2000,
        description="The words; see the [watch language](watch-language.md).",
    )
    sources: tuple[Name, ...] = Field(
        (), description="Names or tags of sources; by default all of them."
    )
    languages: tuple[LanguageCode, ...] = Field(
        (), description="Only articles in these languages, such as `en`."
    )
    title_only: bool = Field(False, description="Match headlines only.")
    # a thousand bounds a typing mistake
    min_mentions: int = Field(
        1,
        ge=1,
        le=1000,
        description="Only articles that contain its words at least this many times.",
    )
    synonyms: tuple[Name, ...] = Field(
        (), description="Names of `[[synonyms]]` sets whose words are interchangeable in the query."
    )
    alert: AlertMode = Field(
        AlertMode.NOW,
        description="`now` sends a mail at once, `digest` at the times of `digest`, `none` keeps the match in the "
        "database.",
    )
    digest: Digest = Field(
        "08:00",
        description='With `alert = "digest"`, when the message is sent: `08:00, 17:30`, `mon-fri 08:00`.',
    )
    timezone: Zone | None = Field(
        None,
        description="Zone of its digest hours and of `mute_until`; without it your `timezone`. The times in messages are in their "
        "reader's.",
    )
    group: Name | None = Field(
        None, description="Digests of one recipient with the same group and hours are one message."
    )
    on_revision: OnRevision = Field(
        OnRevision.NEW_MATCH,
        description="A story alerts again, at most three times a day: `never`, with `new-match` where a later copy or "
        "revision contains the words in text nobody had before, or on `any` change.",
    )
    to: tuple[MailAddress, ...] = Field(
        (), description="Recipients; by default, if there are no `channels` either, `[mail] to`."
    )
    channels: tuple[ChannelName, ...] = Field(
        (), description="Names of `[[channel]]` to alert too, or instead."
    )
    mute_until: date | None = Field(
        None, description="No alerts before this day; matches are still stored."
    )


class SynonymSettings(Section):
    """``[[synonyms]]``: interchangeable words, such as spellings of a name, for `synonyms` of watches."""

    name: Name = Field(description="Name of the set; unique.")
    # wherever a query has one of them, all of them are searched for
    words: tuple[SetWord, ...] = Field(
        min_length=2,
        max_length=50,
        description="The words, such as `Kyiv` and `Kiev`; several words together are searched for in exactly this form, `=WHO` in these "
        "capitals.",
    )
