"""Trusted certificate authorities: the system's store and the one that ``[tls] ca_file`` adds.

``SSL_CERT_FILE`` replaces the system's store, as in every program that uses OpenSSL.
"""

import os
import re
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from crawler.machine.access import explain_reading

REMEDY = "[tls] ca_file adds a certificate authority"
# OpenSSL: "unable to get local issuer certificate", "self-signed certificate" (older: "self signed")
_UNKNOWN_AUTHORITY = re.compile(r"certificate verify failed: .*(issuer|self.signed)", re.IGNORECASE)


def make_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return a context that checks servers' certificates; raises OSError with a sentence for a person if the file is unusable."""
    context = ssl.create_default_context()
    if ca_file is not None:
        add_authority(context, ca_file)
    return context


def add_authority(context: ssl.SSLContext, ca_file: Path) -> None:
    """Add an authority to a context; raises OSError with a sentence for a person if the file is unusable."""
    try:
        context.load_verify_locations(ca_file)
    except ssl.SSLError as error:  # it holds no certificate, or a damaged one
        raise OSError(f"[tls] ca_file {ca_file} holds no certificates in PEM format") from error
    except OSError as error:
        reason = explain_reading(error, ca_file)
        raise OSError(f"[tls] ca_file {ca_file} cannot be read: {reason}") from error


def find_bundle(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return the file with the certificate authorities of this machine, None if it has none."""
    stated = environ.get("SSL_CERT_FILE")
    found = stated or ssl.get_default_verify_paths().cafile
    return Path(found) if found else None


@contextmanager
def requests_environment(
    ca_file: Path | None, environ: Mapping[str, str] = os.environ
) -> Iterator[dict[str, str]]:
    """Yield the environment variables with which a process that uses ``requests`` trusts the same authorities.

    ``requests`` reads certifi's file in place of the system's store, and one file only. So ``ca_file`` and the system's
    store are joined in a temporary file, which exists as long as the context is open.

    raises  OSError if a file cannot be read
    """
    stated = environ.get("REQUESTS_CA_BUNDLE")
    base = Path(stated) if stated else find_bundle(environ)
    if ca_file is None:
        yield {"REQUESTS_CA_BUNDLE": str(base)} if base is not None and base.is_file() else {}
        return
    make_context(ca_file)  # raises with our own sentence if the file cannot be used
    with tempfile.NamedTemporaryFile(prefix="watchword-ca-", suffix=".pem") as joined:
        for file in (base, ca_file):
            if file is not None and file.is_file():
                joined.write(file.read_bytes() + b"\n")
        joined.flush()
        yield {"REQUESTS_CA_BUNDLE": joined.name}


def add_remedy(text: str) -> str:
    """Return an error's text, with the remedy if it is about a certificate signed by an unknown authority."""
    return f"{text}; {REMEDY}" if _UNKNOWN_AUTHORITY.search(text) else text
