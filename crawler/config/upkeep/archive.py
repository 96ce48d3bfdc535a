"""``[archive]``: fetched pages in files of their own, outside the database."""

import re
from datetime import timedelta
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from crawler.config.durations import Duration, check_least_day, parse_duration
from crawler.config.section import Section
from crawler.config.values import anchor_path

_PROTOCOL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


_MISSING_EXTRA = "archive files need the warc extra: pip install 'watchword[warc]'"


class Compression(StrEnum):
    """How each record of an archive file is compressed."""

    GZIP = "gzip"
    ZSTD = "zstd"


def find_place_problem(address: str) -> str:
    """Return which package is missing for an address, or that nothing knows its protocol; empty if all is there."""
    if find_spec("warcio") is None:
        return _MISSING_EXTRA
    if "://" not in address:
        return ""
    if find_spec("fsspec") is None:
        return _MISSING_EXTRA
    from fsspec.registry import get_filesystem_class, known_implementations  # noqa: PLC0415  # an extra

    protocol = address.partition("://")[0]
    try:
        get_filesystem_class(protocol)
    except ImportError:
        hint = known_implementations.get(protocol, {}).get("err", "")
        return f"{protocol}:// needs a package that is not installed: {hint or 'see the documentation of fsspec'}"
    except ValueError:
        return f"nothing here knows the protocol {protocol}://; write a folder, or an address such as s3://bucket/folder"
    return ""


def _check_place(place: str, info: ValidationInfo) -> str:
    if not place.strip() or not place.isprintable():
        raise ValueError("write a folder, or an address such as s3://bucket/folder")
    if place.lower().startswith("file://"):
        return str(Path(place[len("file://") :] or "/"))
    if "://" not in place:
        return str(anchor_path(Path(place), info))
    if not _PROTOCOL.match(place) or "::" in place:
        raise ValueError("write one address with its protocol, such as s3://bucket/folder")
    try:
        parts = urlsplit(place)
    except ValueError:
        raise ValueError("this is no address; write one such as s3://bucket/folder") from None
    if "@" in parts.netloc and ":" in parts.netloc.rpartition("@")[0]:
        raise ValueError(
            "an address holds no password, as it is stored and shown; give it in the environment or in fsspec's own configuration"
        )
    if parts.query or parts.fragment:
        raise ValueError("write the address without ? and #")
    return place.rstrip("/")


def _check_extra(place: str) -> str:
    if problem := find_place_problem(place):
        raise ValueError(problem)
    return place


class ArchiveSettings(Section):
    """``[archive]``: fetched pages in WARC files outside the database; needs the extra `watchword[warc]`."""

    to: (
        Annotated[
            str, Field(max_length=1000), AfterValidator(_check_place), AfterValidator(_check_extra)
        ]
        | None
    ) = Field(
        None,
        description="The folder of the files, or an address that fsspec knows, such as `s3://bucket/folder`; without it pages stay in "
        "the database for `[store] page_retention`.",
    )
    # what a source may store in 24 hours is counted in the database
    after: Duration = Field(
        parse_duration("1d"),
        description="How long the pages of a day stay in the database after it has ended (in UTC); at least `1d`.",
    )
    compression: Compression = Field(
        Compression.GZIP,
        description="How each page is compressed: `gzip`, which every program for web archives reads, or `zstd`, which is faster and smaller.",
    )
    retention: Duration | None = Field(
        None,
        description="How long the files are kept, at least `1d`; then those of a day are deleted whole. Without it, for ever.",
    )

    @field_validator("after", "retention")
    @classmethod
    def _check_length(cls, length: timedelta | None) -> timedelta | None:
        return check_least_day(length)
