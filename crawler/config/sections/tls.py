"""``[tls]``: trusted certificate authorities."""

from pydantic import Field

from crawler.config.section import Section
from crawler.config.values import FilePath


class TlsSettings(Section):
    """``[tls]``: which certificates are trusted, by sources, mail, mailbox, webhooks and Apprise alike."""

    ca_file: FilePath | None = Field(
        None,
        description="PEM file with certificates of an authority to trust besides those the system knows, such as "
        "that of a company's proxy. `SSL_CERT_FILE` in the environment replaces the system's.",
    )
