"""The settings of watches, and of words that stand for each other in them."""

from datetime import date

from pydantic import Field

from crawler.config.section import Section
from crawler.config.sections.digest import Digest
from crawler.config.values import ChannelName, LanguageCode, MailAddress, Name, SetWord, Zone
from crawler.model.watch import AlertMode, OnRevision


class WatchSettings(Section):
    """``[[watch]]``: words that are watched, and who is told."""

    name: Name = Field(description="What you call it; unique.")
    query: str = Field(
        min_length=1,
        max_length=2000,
        description="The words; the language is told in [watches.md](watches.md).",
    )
    sources: tuple[Name, ...] = Field(
        (), description="Names or tags of sources; without it all of them."
    )
    languages: tuple[LanguageCode, ...] = Field((), description="Only articles in these, as `en`.")
    title_only: bool = Field(False, description="Look at headlines only.")
    min_mentions: int = Field(
        1, ge=1, le=1000, description="Only articles that say its words at least so often."
    )
    synonyms: tuple[Name, ...] = Field(
        (),
        description="Names of `[[synonyms]]` sets whose words stand for each other in the query.",
    )
    alert: AlertMode = Field(
        AlertMode.NOW,
        description="`now` sends a mail at once, `digest` at the times of `digest`, `none` keeps the match in the "
        "database.",
    )
    digest: Digest = Field(
        "08:00",
        description='With `alert = "digest"`, when the message leaves: `08:00, 17:30`, `mon-fri 08:00`.',
    )
    timezone: Zone | None = Field(
        None,
        description="Zone of its digest hours and of `mute_until`; without it your `timezone`. The times in messages are in their "
        "reader's.",
    )
    group: Name | None = Field(
        None, description="Digests of one recipient with the same group and moment are one message."
    )
    on_revision: OnRevision = Field(
        OnRevision.NEW_MATCH,
        description="A story alerts again, at most three times a day: `never`, with `new-match` where a later copy or "
        "revision says the words in text nobody had before, or on `any` change.",
    )
    to: tuple[MailAddress, ...] = Field(
        (), description="Recipients; without it and without `channels` `[mail] to`."
    )
    channels: tuple[ChannelName, ...] = Field(
        (), description="Names of `[[channel]]` that are told too, or instead."
    )
    mute_until: date | None = Field(
        None, description="No alert before this day; matches are still kept."
    )


class SynonymSettings(Section):
    """``[[synonyms]]``: words that stand for each other, such as spellings of a name, for `synonyms` of watches."""

    name: Name = Field(description="What you call the set; unique.")
    words: tuple[SetWord, ...] = Field(
        min_length=2,
        max_length=50,
        description="The words, as `Kyiv` and `Kiev`; several words together are looked for in exactly that form.",
    )
