"""``[cluster]``: visits made on other machines, with PostgreSQL between them and the home."""

import re
from difflib import get_close_matches
from importlib.util import find_spec
from typing import Annotated, Self
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, Field, model_validator

from crawler.config.section import Section
from crawler.config.values import FilePath

MISSING_EXTRA = "needs the cluster extra: pip install 'watchword[cluster]'"
_EXAMPLE = "write one such as postgresql://watchword@db.example.org/watchword"
_SCHEMES = ("postgresql://", "postgres://")  # as libpq has them: in lower case
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_NUMBERS = (
    "connect_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
)
# of libpq's parameters, those that open something: a certificate's key is a file, its passphrase is not
_SECRET_PARAMETERS = ("password", "sslpassword")


def find_database_fault(address: str) -> str:
    """Return what is wrong with the address of a PostgreSQL database, without quoting it; empty for nothing."""
    if not address.isprintable() or re.search(r"\s", address):
        return f"an address has no blanks in it; {_EXAMPLE}"
    try:
        parts = urlsplit(address)
        _ = parts.port if "," not in parts.netloc else None  # read for its error
    except ValueError:
        return "its host or port cannot be read; write characters such as / ? # @ in a password as %2F %3F %23 %40"
    if not address.startswith(_SCHEMES):
        return f"this is not the address of a PostgreSQL database; {_EXAMPLE}"
    rest = (parts.netloc.rpartition("@")[0], parts.path, parts.query)
    if parts.fragment or any("@" in part for part in rest):
        return "write characters such as / ? # @ in a password as %2F %3F %23 %40"
    if not parts.path.strip("/"):
        return f"it names no database after the host; {_EXAMPLE}"
    return _find_escape_fault(address) or _find_parameter_fault(parts.query)


def _find_escape_fault(address: str) -> str:
    if re.search(r"%(?![0-9A-Fa-f]{2})|%00", address):
        return "a % in it begins an escaped character such as %40; write % itself as %25"
    try:
        unquote(address, errors="strict")
    except UnicodeDecodeError:
        return "its escaped characters are not those of UTF-8: write ü as %C3%BC"
    return ""


def _find_parameter_fault(query: str) -> str:
    """Return which parameter libpq would refuse at each attempt to connect; a name that may be part of a password is not quoted."""
    stated = [pair.partition("=") for pair in query.split("&") if pair]
    known = _list_parameters()
    for name, _, value in stated:
        if known and unquote(name) not in known:
            near = get_close_matches(name, known, n=1)
            meant = f"; did you mean {near[0]}?" if near else ""
            return f"it states a parameter that PostgreSQL does not know{meant}"
        if name == "sslmode" and value not in _SSL_MODES:
            return f"its sslmode must be one of {', '.join(_SSL_MODES)}"
        if name in _NUMBERS and not re.fullmatch(r"-?[0-9]{1,9}", value):
            return f"its {name} must be a whole number"
    return ""


def _list_parameters() -> frozenset[str]:
    """Return the names that this machine's libpq knows; none without the extra, which is a fault of its own."""
    if find_spec("psycopg") is None:
        return frozenset()
    from psycopg.pq import Conninfo  # noqa: PLC0415  # only where a cluster is configured

    return frozenset({"ssl", *(one.keyword.decode() for one in Conninfo.get_defaults())})


def list_database_secrets(address: str) -> tuple[str, ...]:
    """Return the passwords in an address, as libpq and its error messages would have them."""
    parts = urlsplit(address)
    password = parts.netloc.rpartition("@")[0].partition(":")[2]
    pairs = (pair.partition("=") for pair in parts.query.split("&"))
    stated = (value for name, _, value in pairs if name in _SECRET_PARAMETERS)
    return tuple(unquote(one) for one in (password, *stated) if one)


def _check_database(stated: str) -> str:
    if stated and (fault := find_database_fault(stated)):
        raise ValueError(fault)
    return stated


def _check_name(stated: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{0,80}", stated):
        raise ValueError("a-z, A-Z, 0-9, dot, hyphen and underscore only, 80 at most")
    return stated


class ClusterSettings(Section):
    """``[cluster]``: visits made by workers on other machines; needs the extra `watchword[cluster]` ([several machines](../operating/scaling.md))."""

    database: Annotated[str, Field(max_length=2000), AfterValidator(_check_database)] = Field(
        "",
        repr=False,
        description="Address of the PostgreSQL database between the home and its workers, the same on all of them: "
        "`postgresql://watchword@db.example.org/watchword?sslmode=verify-full`. Without it nothing is handed out.",
    )
    database_file: FilePath | None = Field(
        None, description="File whose first line is that address, as it holds a password."
    )
    # what a worker has at a time is done again if it dies; sixteen domains each ask for one page at a time
    places: int = Field(
        4, ge=1, le=64, description="How many bundles of up to 16 domains a worker has at a time."
    )
    name: Annotated[str, AfterValidator(_check_name)] = Field(
        "",
        description="Name of a worker in listings; without it that of its machine, with the number of its process.",
    )
    allow_private: bool = Field(
        False,
        description="Let a worker ask addresses on its own machine and network, for sources with `allow_private`.",
    )

    @model_validator(mode="after")
    def _can_be_used(self) -> Self:
        if self.database and self.database_file:
            raise ValueError("give either `database` or `database_file`")
        if self.is_on and not (find_spec("procrastinate") and find_spec("psycopg")):
            raise ValueError(MISSING_EXTRA)
        return self

    @property
    def is_on(self) -> bool:
        """Return whether visits are made by workers."""
        return bool(self.database or self.database_file)
