# mypy: disable-error-code="no-untyped-call,union-attr,arg-type,list-item,assignment"
"""The server process of ``tests.servers.imap_server``: Twisted's IMAP with a mailbox in memory, controlled by lines of JSON."""

import io
import json
import sys
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any

from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.portal import IRealm, Portal
from twisted.internet import ssl
from twisted.internet.protocol import Factory
from twisted.mail import imap4
from zope.interface import implementer

from tests.servers.imap_server import PASSWORD, USER

state: dict[str, Any] = {"drop": "", "validity": 7, "logins": 0, "search": ""}
mails: list[Any] = []


@implementer(imap4.IMessage)
class Mail:
    def __init__(self, uid: int, raw: str) -> None:
        self.uid, self.raw, self.flags = uid, raw, set[str]()

    def getHeaders(self, negate: bool, *names: Any) -> dict[str, str]:
        wanted = {n.decode().lower() if isinstance(n, bytes) else n.lower() for n in names}
        found = {}
        for line in self.raw.partition("\r\n\r\n")[0].replace("\r\n ", " ").split("\r\n"):
            name, _, value = line.partition(": ")
            if (name.lower() in wanted) != bool(negate):
                found[name.lower()] = value
        return found

    def getUID(self) -> int:
        return self.uid

    def getFlags(self) -> list[str]:
        return sorted(self.flags)

    def getInternalDate(self) -> str:
        return "23-Nov-2026 10:00:00 +0000"

    def getSize(self) -> int:
        return len(self.raw)

    def getBodyFile(self) -> Any:
        return io.BytesIO(self.raw.partition("\r\n\r\n")[2].encode())

    def isMultipart(self) -> bool:
        return False

    def getSubPart(self, part: int) -> Any:
        raise IndexError(part)


@implementer(imap4.IMailbox, imap4.ISearchableMailbox)
class Box:
    def getUIDValidity(self) -> int:
        return int(state["validity"])

    def getUIDNext(self) -> int:
        return len(mails) + 1

    def getUID(self, message: int) -> int:
        return int(mails[message - 1].uid)

    def getMessageCount(self) -> int:
        return len(mails)

    def getRecentCount(self) -> int:
        return 0

    def getUnseenCount(self) -> int:
        return len(mails)

    def isWriteable(self) -> bool:
        return True

    def destroy(self) -> None:
        pass

    def requestStatus(self, names: Any) -> Any:
        return imap4.statusRequestHelper(self, names)

    def addListener(self, listener: Any) -> None:
        pass

    def removeListener(self, listener: Any) -> None:
        pass

    def getFlags(self) -> list[str]:
        return ["\\Seen"]

    def getHierarchicalDelimiter(self) -> str:
        return "/"

    def fetch(self, messages: Any, uid: bool) -> Any:
        if not messages.last:
            messages.last = mails[-1].uid if mails and uid else len(mails)
        wanted = set(messages)
        pairs = enumerate(mails, 1)
        return [(place, one) for place, one in pairs if (one.uid if uid else place) in wanted]

    def store(self, messages: Any, flags: Any, mode: int, uid: bool) -> Any:
        found = {}
        for place, one in self.fetch(messages, uid):
            one.flags |= set(flags)
            found[place] = one.getFlags()
        return found

    def search(self, query: Any, uid: bool) -> list[int]:
        """Search for UID ranges and words of subjects; Twisted's own search confuses text and bytes."""
        words = [one.decode() for one in query]
        if state["search"] == "broken" and "SUBJECT" in words:
            raise ValueError("this server searches no subjects")
        first = int(words[words.index("UID") + 1].partition(":")[0])
        word = words[words.index("SUBJECT") + 1] if "SUBJECT" in words else ""
        return [
            place
            for place, one in enumerate(mails, 1)
            if (one.uid >= first or place == len(mails))
            and word in one.getHeaders(False, "subject").get("subject", "").lower()
        ]

    def expunge(self) -> list[int]:
        return []


class Server(imap4.IMAP4Server):
    def lineReceived(self, line: bytes) -> None:
        words = line.decode("latin-1").lower().split()
        if state["drop"] and state["drop"] in words[1:3]:
            self.transport.abortConnection()
            return
        super().lineReceived(line)


@implementer(IRealm)
class Realm:
    """Returns the one mailbox to whoever logs in."""

    def requestAvatar(self, _: Any, __: Any, *interfaces: Any) -> Any:
        state["logins"] += 1
        account = imap4.MemoryAccountWithoutNamespaces(USER)
        account.mailboxes["INBOX"] = Box()
        return imap4.IAccount, account, lambda: None


class ServerFactory(Factory):
    """Builds a server for each connection."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def buildProtocol(self, _: Any) -> Any:
        server = Server(contextFactory=self._context)
        known = InMemoryUsernamePasswordDatabaseDontUse(**{USER: PASSWORD.encode()})
        server.portal = Portal(Realm(), [known])
        return server


def do(command: dict[str, Any], port: Any) -> Any:
    """Carry out a test's command and return the answer."""
    for raw in command.get("add", ()):
        mails.append(Mail(len(mails) + 1, raw))
    if "port" in command:
        return port.getHost().port
    if "flags" in command:
        return [one.getFlags() for one in mails]
    if "logins" in command:
        return state["logins"]
    state.update({name: value for name, value in command.items() if name in state})
    return {**state, "count": len(mails)}


def listen(loop: Any, port: Any) -> None:
    """Carry out commands until standard input ends."""

    def answer(line: str) -> None:
        sys.stdout.write(json.dumps(do(json.loads(line), port)) + "\n")
        sys.stdout.flush()

    for line in sys.stdin:
        loop.callFromThread(answer, line)
    loop.callFromThread(loop.stop)


def main() -> None:
    """Run the server."""
    # not before: a crawl process forked from one that has loaded this module chooses its own reactor
    loop: Any = import_module("twisted.internet.reactor")
    certificate, way = sys.argv[1:]
    context = None
    if certificate:
        context = ssl.PrivateCertificate.loadPEM(Path(certificate).read_bytes()).options()
    factory = ServerFactory(context if way == "starttls" else None)
    if context is not None and way == "tls":
        port = loop.listenSSL(0, factory, context, interface="127.0.0.1")
    else:
        port = loop.listenTCP(0, factory, interface="127.0.0.1")
    Thread(target=listen, args=(loop, port), daemon=True).start()
    loop.run()


if __name__ == "__main__":
    main()
