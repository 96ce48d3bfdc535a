"""``[store]`` and ``[backup]``: where everything is stored, and the copies of it."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field, field_validator

from crawler.config.durations import (
    Duration,
    SizeBytes,
    check_least_day,
    parse_duration,
    parse_size_bytes,
)
from crawler.config.files.places import DEFAULT_DATABASE
from crawler.config.section import Section
from crawler.config.values import FilePath


class StoreSettings(Section):
    """``[store]``: where everything is stored."""

    path: FilePath = Field(
        Path(DEFAULT_DATABASE),
        validate_default=True,
        description="The database file; a relative path counts from the folder of the configuration, as all paths in it do.",
    )
    network_disk: bool = Field(
        False,
        description="Start although `path` lies on a network file system (NFS, SMB and the like), where SQLite cannot keep "
        "the file intact; use it only if a single machine ever opens the file.",
    )
    # kept pages are most of the database file, 35 to 60 kB each (docs/operating/index.md)
    page_retention: Duration = Field(
        parse_duration("30d"),
        description="How long fetched pages are kept, compressed, so that they can be read again; `0s` keeps none.",
    )
    # of 127 real pages the largest has 1.6 MB
    page_size: SizeBytes = Field(
        parse_size_bytes("4MB"),
        description="The largest page that is kept, as fetched; of a larger one only its article is.",
    )
    # a thousand usual pages: one source of large pages filled 51 MB a minute
    page_space_per_source: SizeBytes = Field(
        parse_size_bytes("60MB"),
        description="How much room the kept pages of one source may take within 24 hours, compressed; of further ones only "
        "their articles are kept.",
    )
    # 200 sources with 20 articles a day each fill it in a week; with 2 GB their first year took 8.2 GB, and 8 were meant to do
    page_space: SizeBytes = Field(
        parse_size_bytes("1500MB"),
        description="How much room all kept pages together may take, compressed; the oldest are deleted first.",
    )
    # within the window of stories texts are read to be compared
    compress_after: Duration = Field(
        parse_duration("14d"),
        description="After which time the texts of articles are stored compressed, in less than half the room; they are searched and "
        "shown as before.",
    )
    article_retention: Duration | None = Field(
        None,
        description="How long stories are kept that no watch matched, at least `1d`; without it, for ever. Stories that were matched, read or "
        "starred, or that somebody muted, are always kept.",
    )
    entry_retention: Duration = Field(
        parse_duration("90d"),
        description="How long it is kept what sources announced and what became of it. Later only that it was announced, so that "
        "it is no news when it is listed again.",
    )
    visit_retention: Duration = Field(
        parse_duration("90d"),
        description="How long each visit is kept; later a source's visits of one day and outcome are added up.",
    )
    record_retention: Duration = Field(
        parse_duration("365d"),
        description="How long attempts to send a message, requests of people, and changes of sources' health are kept, at least `1d`.",
    )

    # "0s" would delete each story before its day is over, and answers before they are read
    @field_validator("article_retention", "record_retention")
    @classmethod
    def _check_retention(cls, length: timedelta | None) -> timedelta | None:
        return check_least_day(length)


class BackupSettings(Section):
    """``[backup]``: copies of the database that are made by themselves."""

    every: Duration | None = Field(
        None,
        description="How often a backup is made, such as `1d`; without it none is made by itself. `watchword backup` makes one now.",
    )
    to: FilePath | None = Field(
        None,
        description="The folder of backups; by default `backups` beside the database. Another disk is safer.",
    )
    # a week of daily ones: a fault is often noticed after a weekend
    keep: int = Field(
        7, ge=1, description="How many backups are kept there; older ones are deleted."
    )
