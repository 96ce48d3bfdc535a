"""``[mail]`` and ``[[channel]]``: how messages leave."""

from typing import Literal, Self

from pydantic import Field, model_validator

from crawler.config.durations import Duration, parse_duration
from crawler.config.section import Section
from crawler.config.sections.digest import Digest
from crawler.config.values import (
    ChannelName,
    FilePath,
    Host,
    LocaleName,
    MachineName,
    MailAddress,
    Port,
    Zone,
)
from crawler.model.mail.server import Auth


class MailSettings(Section):
    """``[mail]``: how messages are sent; without `host` they go to a Maildir beside the database."""

    from_: MailAddress = Field(
        "watchword@localhost", alias="from", description="Sender of every mail."
    )
    reply_to: MailAddress | None = Field(
        None, description="Address for answers and unsubscribe requests; by default `from`."
    )
    to: tuple[MailAddress, ...] = Field((), description="Recipients of watches that name none.")
    admin: MailAddress | None = Field(
        None,
        description="The admin, who is notified when a source fails, falls silent, shows walls or recovers: once per change, "
        "several changes in one mail.",
    )
    # above it the inbox counts as flooded, and the rest comes as one message (docs/explanation/alerts.md)
    per_hour: int = Field(
        20,
        ge=1,
        le=1000,
        description="Most single alerts one recipient gets in an hour; the rest is sent as one digest that says so.",
    )
    # a first visit fetches its pages with the domain's pause between them: ten minutes are about a hundred pages
    batch_window: Duration = Field(
        parse_duration("10m"),
        description="Batch window: how long alerts of a first visit or a backfill are collected into one digest, and changes "
        "of sources into one notice.",
    )
    status_report: Digest = Field(
        "mon 08:00",
        description="When every recipient gets a status report - what was read, what was not, what is pending - unless a "
        "digest that ends with one is sent at that moment; in your `timezone`.",
    )
    timezone: Zone | None = Field(
        None, description="Time zone of messages; by default your `timezone`."
    )
    locale: LocaleName = Field(
        "en-GB",
        description="How messages write dates and numbers, as `en-GB` or `de-AT`; their words are English unless somebody has "
        "translated them.",
    )
    host: Host = Field(
        "", description="Name or address of the mail server, nothing else; empty means the Maildir."
    )
    sendmail: tuple[str, ...] = Field(
        (),
        description='The mail program of this machine in place of a mail server, as `["/usr/sbin/sendmail", "-i"]`: run without '
        "a shell, with the recipient behind `--`.",
    )
    port: Port = Field(587, description="Port of the mail server.")
    tls: Literal["starttls", "tls", "none"] = Field(
        "starttls",
        description="Encryption; `starttls` and `tls` never fall back to an unencrypted connection.",
    )
    hello: MachineName = Field(
        "",
        description="Name by which Watchword introduces itself (EHLO); by default the full name of this machine, else the domain "
        "of `from`, else its IP address.",
    )
    username: str = Field("", description="Login name, if the server asks for one.")
    password: str = Field(
        "", repr=False, description="`password_file` or the environment is safer."
    )
    password_file: FilePath | None = Field(
        None, description="File whose first line is the password."
    )
    auth: Auth = Field(
        "auto",
        description="How to log in: `plain`, `login`, `cram-md5`, `xoauth2`; `auto` takes what the server offers, and "
        "`xoauth2` where there is a token.",
    )
    token_command: tuple[str, ...] = Field(
        (),
        description='Program and arguments, as `["oama", "access", "me@example.org"]`, that print an access token for '
        "`xoauth2`; run without a shell for each login.",
    )
    token_file: FilePath | None = Field(
        None, description="File whose first line is the access token; read again for each login."
    )
    # a server that accepts the connection and then is silent is given up after this
    timeout: Duration = Field(
        parse_duration("30s"), description="Longest time one delivery may take in total."
    )
    maildir: FilePath | None = Field(
        None, description="Path of the Maildir; by default `mail` in the folder of the database."
    )

    @model_validator(mode="after")
    def _has_one_transport(self) -> Self:
        if self.host and self.sendmail:
            raise ValueError("give either `host` or `sendmail`")
        if self.sendmail and not self.sendmail[0].strip():
            raise ValueError("`sendmail` must begin with a program, such as /usr/sbin/sendmail")
        return self

    @model_validator(mode="after")
    def _has_one_login(self) -> Self:
        has_password = bool(self.password or self.password_file)
        if has_password + bool(self.token_command) + bool(self.token_file) > 1:
            raise ValueError(
                "give only one of `password`, `password_file`, `token_command` and `token_file`"
            )
        has_token = bool(self.token_command or self.token_file)
        if has_token and not self.username:
            raise ValueError("a token needs the `username` it is for, usually the mail address")
        if self.auth == "xoauth2" and not has_token:
            raise ValueError('`auth = "xoauth2"` needs a `token_command` or a `token_file`')
        if self.auth not in {"auto", "xoauth2"} and has_token:
            raise ValueError(
                f'`auth = "{self.auth}"` needs a password; a token is only for `xoauth2`'
            )
        return self

    @property
    def transport(self) -> str:
        """Return in words what mail is sent by; empty for the Maildir."""
        if self.sendmail:
            return f"the program {self.sendmail[0]}"
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return f"mail server {shown}:{self.port}" if self.host else ""

    @property
    def domain(self) -> str:
        """Return the domain of the sender, for Message-IDs."""
        return self.from_.rpartition("@")[2]

    @property
    def people(self) -> tuple[str, ...]:
        """Return the addresses in this table: the admin, and the recipients of watches that name none."""
        return (*((self.admin,) if self.admin else ()), *self.to)

    @property
    def contact(self) -> str:
        """Return the address for readers' requests: one that a person reads, if there is one."""
        return self.reply_to or self.admin or self.from_


class ChannelSettings(Section):
    """``[[channel]]``: another means of delivery than mail, for `channels` of watches."""

    name: ChannelName = Field(description="Its name; unique, without `@`.")
    kind: Literal["webhook", "apprise"] = Field(
        "webhook",
        description="`webhook` posts JSON to an http(s) address; `apprise` takes any address Apprise knows, and "
        "needs the extra `watchword[channels]`.",
    )
    url: str = Field(
        "",
        repr=False,
        max_length=2000,
        description="Its address; use `url_file` if it is a secret.",
    )
    url_file: FilePath | None = Field(None, description="File whose first line is the address.")
    secret: str = Field(
        "",
        repr=False,
        description="Key that signs webhook messages, by Standard Webhooks: `whsec_` and base64 of 24 to 64 bytes, or "
        "any text, which is used as it is. Several lines are several keys, and each signs. Better `secret_file`.",
    )
    secret_file: FilePath | None = Field(None, description="File with the keys, one per line.")

    @model_validator(mode="after")
    def _has_one_address(self) -> Self:
        if bool(self.url) == bool(self.url_file):
            raise ValueError("give either `url` or `url_file`")
        if self.kind == "webhook" and self.url and not self.url.startswith(("http://", "https://")):
            raise ValueError("the `url` of a webhook must begin with http:// or https://")
        return self
