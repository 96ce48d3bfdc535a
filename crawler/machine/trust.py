"""Whose certificates are believed: the system's store, and the authority that ``[tls] ca_file`` adds to it.

``SSL_CERT_FILE`` takes the place of the system's store, as it does for every program that uses OpenSSL.
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
_UNKNOWN_AUTHORITY = re.compile(r"certificate verify failed: .*(issuer|self.signed)", re.IGNORECASE)


def make_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return what checks the certificates of servers; raises OSError, in a sentence, where the file cannot be used."""
    context = ssl.create_default_context()
    if ca_file is not None:
        add_authority(context, ca_file)
    return context


def add_authority(context: ssl.SSLContext, ca_file: Path) -> None:
    """Have a context believe an authority, too; raises OSError, in a sentence, where the file cannot be used."""
    try:
        context.load_verify_locations(ca_file)
    except ssl.SSLError as error:  # no file of certificates at all, or with a damaged one
        raise OSError(f"[tls] ca_file {ca_file} holds no certificates in PEM format") from error
    except OSError as error:
        reason = explain_reading(error, ca_file)
        raise OSError(f"[tls] ca_file {ca_file} cannot be read: {reason}") from error


def find_bundle(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return the file with the certificate authorities of this machine; None where it has none."""
    stated = environ.get("SSL_CERT_FILE")
    found = stated or ssl.get_default_verify_paths().cafile
    return Path(found) if found else None


@contextmanager
def requests_environment(
    ca_file: Path | None, environ: Mapping[str, str] = os.environ
) -> Iterator[dict[str, str]]:
    """Give the variables by which a process that uses ``requests`` believes whom we believe.

    That library takes a file of its own for the system's store, and one file only: with an authority of ours there is a
    file of both for as long as the process lives. raises  OSError where a file cannot be read
    """
    stated = environ.get("REQUESTS_CA_BUNDLE")
    base = Path(stated) if stated else find_bundle(environ)
    if ca_file is None:
        yield {"REQUESTS_CA_BUNDLE": str(base)} if base is not None and base.is_file() else {}
        return
    make_context(ca_file)  # what cannot be used is said in our words
    with tempfile.NamedTemporaryFile(prefix="watchword-ca-", suffix=".pem") as joined:
        for file in (base, ca_file):
            if file is not None and file.is_file():
                joined.write(file.read_bytes() + b"\n")
        joined.flush()
        yield {"REQUESTS_CA_BUNDLE": joined.name}


def add_remedy(text: str) -> str:
    """Return an error's text with what helps where a certificate is signed by someone unknown here."""
    return f"{text}; {REMEDY}" if _UNKNOWN_AUTHORITY.search(text) else text
