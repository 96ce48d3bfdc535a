"""The finding about the certificate authorities that are trusted."""

import contextlib
import re
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.machine.trust import find_bundle, make_context
from crawler.text.instants import write_day, write_span
from watchword.doctor.findings import Finding, Verdict

if TYPE_CHECKING:  # for types only: --help must not wait for pydantic
    from crawler.config.schema import Config

# distributions and certifi bring new authorities several times a year
_OLD = timedelta(days=550)
_FIRST_BELIEVED = datetime(2000, 1, 1, tzinfo=UTC)
# 2026.6.17, or 2026.06.17 as the package writes it itself; a repair of a release adds a number
_CERTIFI = re.compile(r"certifi-(20\d\d)\.(\d{1,2})\.(\d{1,2})(?:\.\w+)*\.dist-info")
# an authority of one's own is renewed by hand
_SOON = timedelta(days=14)


def look_at_certificates(config: "Config", *, now: datetime) -> Finding:
    """Return where the trusted certificate authorities come from; BROKEN if they cannot be loaded, LOOK if there are none."""
    bundle, added = find_bundle(), config.tls.ca_file
    known = f"{bundle}" if bundle else "no store of this machine"
    summary = known + (f", and [tls] ca_file {added}" if added else "")
    try:
        make_context(added)
    except OSError as error:
        return Finding(subject="certificates", verdict=Verdict.BROKEN, summary=str(error))
    if bundle is None or not bundle.is_file():
        return Finding(
            subject="certificates",
            verdict=Verdict.LOOK,
            summary=f"{summary}: there is no such file" if bundle else summary,
            remedy="install the package ca-certificates, or name a file with certificates in SSL_CERT_FILE",
        )
    made_at = find_bundle_date(bundle)
    if made_at is not None and made_at < now - _OLD:
        return Finding(
            subject="certificates",
            verdict=Verdict.LOOK,
            summary=f"{summary} is {write_span(now - made_at)} old: newer authorities are missing, and withdrawn ones trusted",
            remedy="bring the package ca-certificates (or certifi) up to date, or use a newer image",
        )
    own = find_authority_end(added) if added else None
    if own is not None and own < now + _SOON:
        ended = "ended" if own < now else "ends"
        return Finding(
            subject="certificates",
            verdict=Verdict.LOOK,
            summary=f"[tls] ca_file {added}: a certificate in it {ended} on {write_day(own)}",
            remedy="put the authority's new certificate into that file",
        )
    return Finding(subject="certificates", verdict=Verdict.OK, summary=summary)


def find_bundle_date(bundle: Path) -> datetime | None:
    """Return when a file of authorities was made, aware UTC; None if that is not known.

    Of certifi's by its version, which is a date: the file's is that of its installation, or none.
    """
    versions = [
        found.groups()
        for folder in bundle.parent.parent.glob("certifi-*.dist-info")
        if bundle.parent.name == "certifi" and (found := _CERTIFI.fullmatch(folder.name))
    ]
    if versions:
        with contextlib.suppress(ValueError):
            year, month, day = max(tuple(map(int, one)) for one in versions)
            return datetime(year, month, day, tzinfo=UTC)
    changed_at = datetime.fromtimestamp(bundle.stat().st_mtime, UTC)
    # images that are built to be the same each time have files of 1970 or 1980, which says nothing
    return changed_at if changed_at > _FIRST_BELIEVED else None


def find_authority_end(file: Path) -> datetime | None:
    """Return when the first certificate in a file ends, aware UTC; None if none can be read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(file)
    ends = [one.get("notAfter") for one in context.get_ca_certs()]
    moments = [ssl.cert_time_to_seconds(end) for end in ends if isinstance(end, str)]
    return datetime.fromtimestamp(min(moments), UTC) if moments else None
