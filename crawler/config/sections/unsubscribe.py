"""``[unsubscribe]``: the mailbox for requests to unsubscribe."""

from typing import Literal, Self

from pydantic import Field, model_validator

from crawler.config.durations import Duration, parse_duration
from crawler.config.section import Section
from crawler.config.values import FilePath, Host, MailAddress, Port


class UnsubscribeSettings(Section):
    """``[unsubscribe]``: an IMAP mailbox that is read for unsubscribe requests, if there are no public web pages."""

    host: Host = Field(
        "",
        description="Name or address of the IMAP server, nothing else; empty means that no mailbox is read.",
    )
    port: Port = Field(993, description="Port of the IMAP server.")
    tls: Literal["tls", "starttls", "none"] = Field(
        "tls",
        description="Encryption; `tls` and `starttls` never fall back to an unencrypted connection.",
    )
    username: str = Field("", description="Login name.")
    password: str = Field("", repr=False, description="`password_file` is safer.")
    password_file: FilePath | None = Field(
        None, description="File whose first line is the password."
    )
    mailbox: str = Field("INBOX", min_length=1, description="The folder to read.")
    address: MailAddress | None = Field(
        None,
        description="Address of this mailbox; by default `[mail] reply_to`, or `[mail] from`.",
    )
    # somebody who unsubscribes expects no further message
    every: Duration = Field(
        parse_duration("1m"),
        description="How often the mailbox is read; less often after failures.",
    )

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        own = ("address", "mailbox", "password", "password_file", "username")
        stated = [name for name in own if getattr(self, name) not in {None, "", "INBOX"}]
        if not self.host and stated:
            raise ValueError(f"`host` is missing, so no mailbox is read (`{stated[0]}` is set)")
        if self.host and not self.username:
            raise ValueError("`username` is missing: a mailbox needs a login")
        if self.host and bool(self.password) == bool(self.password_file):
            raise ValueError("give either `password_file` or `password`")
        if self.every.total_seconds() < 1:
            raise ValueError("`every` is at least 1s")
        return self
