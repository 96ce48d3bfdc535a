"""The settings of encrypted connections."""

from pydantic import Field

from crawler.config.section import Section
from crawler.config.values import FilePath


class TlsSettings(Section):
    """``[tls]``: whose certificates are believed, by sources, mail, mailbox, webhooks and Apprise alike."""

    ca_file: FilePath | None = Field(
        None,
        description="File of certificates in PEM format of an authority that is believed beside those the system knows, as "
        "that of a company's proxy. `SSL_CERT_FILE` in the environment takes the place of the system's.",
    )
