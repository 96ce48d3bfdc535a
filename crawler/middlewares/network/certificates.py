"""TLS connections to sites: trusted authorities, and sentences on what is wrong with a certificate."""

from typing import Any

from OpenSSL import SSL
from twisted.python.failure import Failure
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer

from crawler.errors import FetchFailed
from crawler.machine.trust import REMEDY
from crawler.middlewares.download.failures import CertificateRefused
from crawler.middlewares.scrapy_internals import ClientTLSOptions, context_of, judge_certificate

# by OpenSSL's X509_V_ERR numbers
_CERTIFICATE_FAULTS = {
    9: "it is not valid yet",
    10: "it has expired",
    18: "it is signed by itself",
    19: "it is signed by a private authority that is not trusted",
    20: "it is signed by nobody trusted, or the server does not send the certificate of its authority",
    21: "it is signed by nobody trusted, or the server does not send the certificate of its authority",
    23: "it was revoked",
}
# these may be our fault, if an authority is missing on this machine; all others are the server's
_UNKNOWN_AUTHORITY = frozenset({18, 19, 20, 21})


def _describe_fault(fault: int, host: str) -> str:
    """Return a sentence on a certificate that is not accepted; ``fault`` is OpenSSL's number."""
    reason = _CERTIFICATE_FAULTS.get(fault, f"OpenSSL names fault {fault}")
    if fault in _UNKNOWN_AUTHORITY:
        return f"the certificate of {host} is signed by nobody trusted here ({reason}); {REMEDY}"
    return f"the certificate was not accepted: {reason}"


@implementer(IPolicyForHTTPS)
class ExplainingContextFactory:
    """TLS policy whose connections say what is wrong with a certificate."""

    def __init__(self, scrapys: Any, ca_file: str | None) -> None:
        self._scrapys = scrapys
        self._ca_file = ca_file

    def creatorForNetloc(self, hostname: bytes, port: int) -> Any:  # noqa: N802  # Twisted's name
        creator = self._scrapys.creatorForNetloc(hostname, port)
        if type(creator) is ClientTLSOptions:
            # Scrapy makes the object; only its check of certificates is to say more
            creator.__class__ = _ExplainingTLSOptions
            if self._ca_file:
                _add_authority(context_of(creator), self._ca_file)
        return creator


def _add_authority(context: SSL.Context, ca_file: str) -> None:
    """Trust an authority besides those of the system; raises FetchFailed if its file cannot be read."""
    try:
        context.load_verify_locations(ca_file)
    except SSL.Error as error:
        reason = f"the certificates of [tls] ca_file {ca_file} cannot be read"
        raise FetchFailed(reason, url="") from error


class _ExplainingTLSOptions(ClientTLSOptions):
    def clientConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:  # noqa: N802, N803  # Twisted's names
        connection = super().clientConnectionForTLS(tlsProtocol)
        judge = judge_certificate(tlsProtocol, self._hostnameIsDnsName, self._hostnameASCII)

        def verify(conn: SSL.Connection, certificate: Any, fault: int, depth: int, ok: int) -> bool:
            if not ok:
                refusal = CertificateRefused(_describe_fault(fault, self._hostnameASCII))
                fault_found = Failure(refusal)  # type: ignore[no-untyped-call]  # Twisted leaves it untyped
                tlsProtocol.failVerification(fault_found)
            return bool(judge(conn, certificate, fault, depth, bool(ok)))

        connection.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, verify)
        return connection
