"""The finding about the certificate authorities that are trusted."""

from typing import TYPE_CHECKING

from crawler.machine.trust import find_bundle, make_context
from watchword.doctor.findings import Finding, Verdict

if TYPE_CHECKING:  # for types only: --help must not wait for pydantic
    from crawler.config.schema import Config


def look_at_certificates(config: "Config") -> Finding:
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
    return Finding(subject="certificates", verdict=Verdict.OK, summary=summary)
