"""Reading requests to unsubscribe from an IMAP mailbox: only headers of new mails, with limits of size and time.

The only change is the flag *seen* on mails whose request was granted; all other mail is left for people.
"""

import contextlib
import email
import hashlib
import imaplib
import re
from collections.abc import Iterator, Sequence
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message

from crawler.errors import FetchFailed
from crawler.machine.trust import add_remedy, make_context
from crawler.model.mail.mailbox import Batch, MailboxServer, MailedRequest, Position
from crawler.text.lines import clean_line

# the problem of a refused login; if the connection breaks meanwhile, "could not be reached" is the problem instead
_NO_LOGIN = "refused the login"
# mails fetched at once; the others follow at the next look
_MOST_AT_ONCE = 200
# bytes of a mail's headers; the subject we look for has about 60 characters
_MOST_HEADER_BYTES = 4096
# an answer that is announced as longer is not read
_MOST_ANSWER_BYTES = 2_000_000
# the fields that show a request of a person; nothing else of a mail is read
_HEADERS = "SUBJECT MESSAGE-ID AUTO-SUBMITTED PRECEDENCE LIST-ID RETURN-PATH X-AUTO-RESPONSE-SUPPRESS DATE FROM"
# some mail programs send the subject of a mailto address without decoding it
_UNSUBSCRIBE = re.compile(
    r"\s*unsubscribe(?:\s|%20|\+)+(\d{1,18}\.\d{1,18}\.[A-Za-z0-9_-]{20})\s*", re.IGNORECASE
)
_UID = re.compile(rb"\bUID (\d{1,10})\b")
# values of Precedence in mails of lists, answering machines and postmasters
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
# Auto-Submitted in mails of people: none, or "auto-generated", as by a program that unsubscribes its owner (RFC 3834)
_OF_A_PERSON = frozenset({"", "no", "auto-generated"})


class _BoundedRead:
    """Mixin for imaplib that limits the size of an answer."""

    def read(self, size: int) -> bytes:
        """Return ``size`` bytes of an answer; raises abort if that is too many."""
        if size > _MOST_ANSWER_BYTES:
            raise imaplib.IMAP4.abort(f"an answer of {size} bytes is too large")
        return bytes(super().read(size))  # type: ignore[misc]  # imaplib's, beside this class


class _Plain(_BoundedRead, imaplib.IMAP4):
    pass


class _Encrypted(_BoundedRead, imaplib.IMAP4_SSL):
    pass


class Mailbox:
    """One conversation with an IMAP server. It blocks, so call it in a thread; ``abort`` may be called from any thread.

    Every step raises FetchFailed if it fails, with a reason that contains no secret.
    """

    def __init__(self, server: MailboxServer) -> None:
        self._server = server
        self._imap: imaplib.IMAP4 | None = None
        self._is_aborted = False

    def open(self) -> None:
        """Connect and log in."""
        server = self._server
        with self._explained("could not be reached"):
            self._imap = _connect(server)
            if server.tls == "starttls":
                self._imap.starttls(make_context(server.ca_file))
        # aborted from another thread while the connection was being made
        if self._is_aborted:
            self.abort()
        with self._explained(_NO_LOGIN):
            _log_in(self._connection, server)

    def read(self, position: Position | None) -> Batch:
        """Return the requests among mails after a position, oldest first; among all mails if it is None or the mailbox is new."""
        with self._explained("could not be read"):
            validity = self._select(is_read_only=True)
            first = position.uid + 1 if position and position.validity == validity else 1
            found = self._search(first)
            uids = found[:_MOST_AT_ONCE]
            requests = tuple(self._fetch(uids)) if uids else ()
        last = uids[-1] if uids else first - 1
        return Batch(
            position=Position(validity=validity, uid=last),
            requests=requests,
            is_more=len(found) > len(uids),
        )

    def flag_seen(self, uids: list[int], *, validity: int) -> None:
        """Mark mails as seen; does nothing if the mailbox was replaced meanwhile."""
        with self._explained("could not be written"):
            if self._select(is_read_only=False) == validity:
                self._do("STORE", ",".join(map(str, uids)), "+FLAGS.SILENT", r"(\Seen)")

    def close(self) -> None:
        """Log out and close the connection; errors are ignored."""
        if self._imap is not None:
            with contextlib.suppress(imaplib.IMAP4.error, OSError):
                self._imap.logout()
            self.abort()

    def abort(self) -> None:
        """End the conversation, from any thread: a call that waits for the server fails at once."""
        self._is_aborted = True
        if self._imap is not None:
            with contextlib.suppress(OSError):
                self._imap.shutdown()

    @property
    def _connection(self) -> imaplib.IMAP4:
        if self._imap is None:
            raise imaplib.IMAP4.abort("there is no connection")
        return self._imap

    @contextlib.contextmanager
    def _explained(self, problem: str) -> Iterator[None]:
        """Raise FetchFailed with a sentence of ours in place of an error."""
        try:
            yield
        except (imaplib.IMAP4.abort, OSError) as error:
            reason = add_remedy(_clean(str(error), self._server)) or type(error).__name__
            broken = "could not be reached" if problem == _NO_LOGIN else problem
            raise FetchFailed(f"the mailbox {broken}: {reason}", url="") from error
        except (imaplib.IMAP4.error, ValueError) as error:
            reason = _clean(str(error), self._server) or type(error).__name__
            raise FetchFailed(f"the mailbox {problem}: {reason}", url="") from error

    def _select(self, *, is_read_only: bool) -> int:
        """Open the mailbox and return its UIDVALIDITY, 0 if it has none."""
        name = _quote(self._server.mailbox)
        status, data = self._connection.select(name, readonly=is_read_only)
        _expect(status, data)
        _, stated = self._connection.response("UIDVALIDITY")
        return int(stated[0]) if stated and stated[0] else 0

    def _search(self, first: int) -> list[int]:
        """Return the UIDs, from ``first`` on, of mails whose subject contains "unsubscribe"."""
        behind = ("UID", f"{first}:*")
        try:
            data = self._do("SEARCH", *behind, "SUBJECT", '"unsubscribe"')
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:
            # some servers cannot search subjects; then all headers are read
            data = self._do("SEARCH", *behind)
        words = b" ".join(part for part in data if isinstance(part, bytes)).split()
        # "5:*" includes the last mail even if its UID is less than 5 (RFC 3501, 6.4.8)
        return sorted({int(word) for word in words if word.isdigit() and int(word) >= first})

    def _fetch(self, uids: list[int]) -> list[MailedRequest]:
        data = self._do(
            "FETCH",
            ",".join(map(str, uids)),
            f"(UID BODY.PEEK[HEADER.FIELDS ({_HEADERS})]<0.{_MOST_HEADER_BYTES}>)",
        )
        found = list[MailedRequest]()
        for place, part in enumerate(data):
            if not isinstance(part, tuple):
                continue
            after = data[place + 1] if place + 1 < len(data) else b""
            uid = _UID.search(part[0]) or _UID.search(after if isinstance(after, bytes) else b"")
            request = (
                read_mailed_request(int(uid[1]), part[1]) if uid and int(uid[1]) in uids else None
            )
            found += [request] if request else []
        return sorted(found, key=lambda request: request.uid)

    def _do(self, command: str, *arguments: str) -> list[object]:
        status, data = self._connection.uid(command, *arguments)
        _expect(status, data)
        return list(data)


def _quote(text: str) -> str:
    quoted = text.replace("\\", r"\\").replace('"', r"\"")
    return f'"{quoted}"'


def _connect(server: MailboxServer) -> imaplib.IMAP4:
    if server.tls == "tls":
        return _Encrypted(
            server.host,
            server.port,
            ssl_context=make_context(server.ca_file),
            timeout=server.timeout_seconds,
        )
    return _Plain(server.host, server.port, timeout=server.timeout_seconds)


def _log_in(imap: imaplib.IMAP4, server: MailboxServer) -> None:
    """Log in, by SASL PLAIN if it is offered: it takes any character, and servers do not echo it in errors."""
    is_plain_text = (server.username + server.password).isascii()
    try:
        if "AUTH=PLAIN" in imap.capabilities or not is_plain_text:
            login = f"\0{server.username}\0{server.password}".encode()
            imap.authenticate("PLAIN", lambda _: login)
        else:
            imap.login(_quote(server.username), server.password)
    except imap.abort:
        raise
    except imap.error as error:
        # a server repeats the line that it did not understand, and that is the password
        if "BAD" in str(error):
            raise imap.error("the server did not understand it") from None
        raise


def _expect(status: str, data: Sequence[object]) -> None:
    if status != "OK":
        answer = data[0] if data else b""
        words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else status
        raise imaplib.IMAP4.error(words)


def _clean(text: str, server: MailboxServer) -> str:
    """Return an error in one short line, without host, name and password; imaplib writes bytes like ``b'...'``."""
    line = " ".join(text.removeprefix("b'").removesuffix("'").split())
    for secret in filter(None, (server.password, server.username, server.host)):
        line = line.replace(secret, "\u2026")
    return clean_line(line, max_characters=160)


def read_mailed_request(uid: int, headers: bytes) -> MailedRequest | None:
    """Return the request in a mail's headers; None if there is none, or if a machine sent it."""
    try:
        message = email.message_from_bytes(headers[:_MOST_HEADER_BYTES])
        subject = _read(message, "Subject")
        is_of_machine = (
            _read(message, "Auto-Submitted").partition(";")[0].strip().lower() not in _OF_A_PERSON
            or _read(message, "Precedence").strip().lower() in _BULK
            or "List-Id" in message
            or _read(message, "Return-Path").strip() == "<>"
        )
        # a mail without a Message-ID is known by all its headers
        identity = _read(message, "Message-ID") or "".join(map(str, message.items()))
    except (MessageError, ValueError, LookupError):
        return None
    request = _UNSUBSCRIBE.fullmatch(subject)
    if request is None or is_of_machine:
        return None
    known_by = f"{identity} {request[1]}".encode("utf-8", "replace")
    mail_id = hashlib.blake2b(known_by, digest_size=12)
    return MailedRequest(uid=uid, token=request[1], mail_id=mail_id.hexdigest())


def _read(message: "Message[str, str]", name: str) -> str:
    """Return a header as text, with folded lines joined and encoded words decoded."""
    return str(make_header(decode_header(str(message.get(name, "")))))
