"""The finding about the certificate authorities that are trusted."""

from typing import TYPE_CHECKING

from crawler.machine.trust import find_bundle, make_context
from watchword.doctor.findings import Finding, Verdict

if TYPE_CHECKING:  # for types only: --help must not wait for pydantic
    from crawler.config.schema import Config


def look_at_certificates(config: "Config") -> Finding:
    """Return which certificate authorities are trusted, and whether there are any."""
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
            remedy="install ca-certificates, or name a bundle in SSL_CERT_FILE",
        )
    return Finding(subject="certificates", verdict=Verdict.OK, summary=summary)
