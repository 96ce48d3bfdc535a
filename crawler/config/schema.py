"""All settings: name, type, default, and a sentence for docs/reference/settings.md.

docs/reference/settings.md is written from the descriptions and the docstrings of the tables; a test compares them.
"""

from collections.abc import Set as AbstractSet
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field

from crawler.config.durations import Duration, parse_duration
from crawler.config.section import Section
from crawler.config.sections.fetch import FetchSettings
from crawler.config.sections.mail import ChannelSettings, MailSettings
from crawler.config.sections.recipients import Reader, RecipientSettings, is_admin
from crawler.config.sections.sources import SourceSettings
from crawler.config.sections.tls import TlsSettings
from crawler.config.sections.unsubscribe import UnsubscribeSettings
from crawler.config.sections.watches import SynonymSettings, WatchSettings
from crawler.config.sections.web import WebSettings
from crawler.config.upkeep.archive import ArchiveSettings
from crawler.config.upkeep.cluster import ClusterSettings
from crawler.config.upkeep.health import HealthSettings
from crawler.config.upkeep.store import BackupSettings, StoreSettings
from crawler.config.values import Zone
from crawler.text.web.mail_addresses import identify_mailbox, recipient_key

# the recipient if none is configured: its messages are in the Maildir beside the database
NOBODY_NAMED = ("reader@localhost",)


class ScheduleSettings(Section):
    """``[schedule]``: when the daemon acts."""

    # at a half, the longest wait is already three times the shortest
    jitter: float = Field(
        0.1, ge=0, le=0.5, description="Share by which each waiting time varies at random."
    )
    # a source is tried at least this often, however long it has been failing
    max_backoff: Duration = Field(
        parse_duration("6h"), description="Longest wait after failures in a row."
    )
    # somebody who saved a file waits for this twice: an edit counts once two looks found the same bytes (config_watch.py)
    reload: Duration = Field(
        parse_duration("2s"), description="How often the configuration files are checked for edits."
    )


class StorySettings(Section):
    """``[story]``: when articles belong to the same story."""

    # bounds how many stories an article is compared with; the number is not measured (decision 014)
    window: Duration = Field(
        parse_duration("14d"),
        description="An article joins only stories of articles first seen this recently; the same words in a longer "
        "text always do.",
    )
    # each is a request for every article that matched, so at most twenty
    revisits: tuple[Duration, ...] = Field(
        tuple(map(parse_duration, ("1h", "6h", "24h", "7d"))),
        max_length=20,
        description="How long after its first match an article is visited again, for changes; `[]` means never.",
    )


# the lists that the crawl process has too; their items have names
CRAWL_LISTS: dict[str, type[Section]] = {
    "sources": SourceSettings,
    "watches": WatchSettings,
    "synonyms": SynonymSettings,
}
# what sends messages, reads the mailbox or makes copies is no business of a process that reads what strangers wrote
_DAEMON_ALONE = frozenset({"backup", "channels", "health", "unsubscribe", "recipients"})
_MAIL_LOGIN = {
    "host", "port", "username", "password", "password_file", "auth", "token_command", "token_file", "hello",
    "sendmail",
}  # fmt: skip


class Config(Section):
    """The whole configuration, read once."""

    timezone: Zone = Field("UTC", description="Zone of the times people are shown.")
    fetch: FetchSettings = FetchSettings()
    tls: TlsSettings = TlsSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    store: StoreSettings = StoreSettings()
    archive: ArchiveSettings = ArchiveSettings()
    backup: BackupSettings = BackupSettings()
    story: StorySettings = StorySettings()
    mail: MailSettings = MailSettings()
    web: WebSettings = WebSettings()
    health: HealthSettings = HealthSettings()
    cluster: ClusterSettings = ClusterSettings()
    unsubscribe: UnsubscribeSettings = UnsubscribeSettings()
    sources: tuple[SourceSettings, ...] = ()
    watches: tuple[WatchSettings, ...] = ()
    synonyms: tuple[SynonymSettings, ...] = ()
    channels: tuple[ChannelSettings, ...] = ()
    recipients: tuple[RecipientSettings, ...] = ()

    def source_named(self, name: str) -> SourceSettings | None:
        """Return the settings of a source, None if the configuration has none of that name."""
        return self._sources_by_name.get(name)

    def scopes_of(self, source_name: str) -> frozenset[str]:
        """Return the names by which a watch's `sources` can refer to a source: its name, and its tags if it is configured."""
        settings = self.source_named(source_name)
        return frozenset({source_name, *(settings.tags if settings else ())})

    @cached_property
    def _sources_by_name(self) -> dict[str, SourceSettings]:
        return {source.name: source for source in self.sources}

    def watch_named(self, name: str) -> WatchSettings | None:
        """Return the settings of a watch, None if the configuration has none of that name."""
        return self._watches_by_name.get(name)

    @cached_property
    def _watches_by_name(self) -> dict[str, WatchSettings]:
        return {watch.name: watch for watch in self.watches}

    @cached_property
    def _recipients_by_key(self) -> dict[str, RecipientSettings]:
        return {recipient.key: recipient for recipient in self.recipients}

    @cached_property
    def all_recipients(self) -> tuple[str, ...]:
        """Return all recipients: those of `[mail]` and of the watches, and the channels."""
        named = (name for watch in self.watches for name in watch.to)
        channels = (channel.name for channel in self.channels)
        return tuple(dict.fromkeys((*self.mail.people, *named, *channels)))

    def reader_of(self, recipient: str) -> Reader:
        """Return how messages to a recipient are written, whatever watch they are about."""
        own = self._recipients_by_key.get(recipient_key(recipient))
        people = [name for name in self.all_recipients if "@" in name]
        return Reader(
            zone=(own.timezone if own else None) or self.mail.timezone or self.timezone,
            locale=(own.locale if own else None) or self.mail.locale,
            is_admin=recipient in NOBODY_NAMED or is_admin(recipient, self.mail, people),
            contact=self.mail.contact,
        )

    @property
    def admin_reader(self) -> Reader:
        """Return how texts for the admin are written, in the terminal and on the web pages as in mail."""
        return self.reader_of(self.mail.admin or next(iter(self.mail.to), ""))

    def recipients_of(self, watch: WatchSettings) -> tuple[str, ...]:
        """Return the recipients of a watch: mail addresses, each person once, then names of channels."""
        if watch.channels and not watch.to:
            return watch.channels
        people = map(self.spelling_of, watch.to or self.mail.to or NOBODY_NAMED)
        return (*dict.fromkeys(people), *watch.channels)

    def spelling_of(self, address: str) -> str:
        """Return the spelling under which everything about a mailbox is stored: the first one in the configuration.

        ``me@Example.org`` and ``me@example.org`` in two watches are one person, with one report, one limit, one list of mutes.
        """
        return self._spellings.get(identify_mailbox(address), address)

    @cached_property
    def _spellings(self) -> dict[str, str]:
        stated = (*self.mail.to, *(name for watch in self.watches for name in watch.to))
        admin = (self.mail.admin,) if self.mail.admin else ()
        return {identify_mailbox(one): one for one in reversed((*stated, *admin))}

    def channel_named(self, name: str) -> ChannelSettings | None:
        """Return the settings of a channel, None if the configuration has none of that name."""
        return next((channel for channel in self.channels if channel.name == name), None)

    @property
    def needs_browser(self) -> bool:
        """Return whether a source's pages are opened in a browser."""
        return any(source.render for source in self.sources)

    def for_crawl_process(self) -> dict[str, object]:
        """Return what the crawl process needs, as JSON values: without mail logins, channels, mailbox and recipients.

        Without defaults too: of 50,000 sources, these would be five sixths of what is sent and validated.
        """
        return self.model_dump(
            mode="json",
            by_alias=True,
            exclude={"mail": _MAIL_LOGIN, **dict.fromkeys(_DAEMON_ALONE, True)},
            exclude_defaults=True,
        )

    def sections_for_crawl_process(self, names: AbstractSet[str]) -> dict[str, object]:
        """Return some of the tables that are no lists, as ``for_crawl_process`` does but in full: one may be a default again."""
        return self.model_dump(
            mode="json",
            by_alias=True,
            include=set(names) - _DAEMON_ALONE,
            exclude={"mail": _MAIL_LOGIN},
        )

    @property
    def zone(self) -> ZoneInfo:
        """Return the zone in which people are shown times."""
        return ZoneInfo(self.timezone)

    @property
    def maildir(self) -> Path:
        """Return the folder in which mail is kept if no server is set."""
        return self.mail.maildir or self.store.path.parent / "mail"

    @property
    def backup_folder(self) -> Path:
        """Return the folder in which backups are kept."""
        return self.backup.to or self.store.path.parent / "backups"
