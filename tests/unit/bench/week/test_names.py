"""The hook by which any Python program asks the bench's name server, and nobody else, for names in ``.example``."""

import os
import subprocess
import sys

from bench.week.servers.names import FOLDER, NameServer

ASK = """
import socket
for host in ("here.example", "six.example", "nowhere.example"):
    for ask in (socket.getaddrinfo, lambda host, _: socket.gethostbyname(host)):
        try:
            found = ask(host, 80)
        except socket.gaierror:
            found = "unknown"
        print(found if isinstance(found, str) else sorted({one[4][0] for one in found}))
"""


def test_both_resolver_functions_ask_the_benchs_name_server() -> None:
    with NameServer() as names:
        names.hosts = {"here.example": ("127.0.0.2",), "six.example": ("::1",)}
        environment = {**os.environ, **names.environment, "PYTHONPATH": str(FOLDER)}
        done = subprocess.run(
            [sys.executable, "-c", ASK],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )

    assert done.stdout.splitlines() == [
        "['127.0.0.2']",
        "127.0.0.2",
        "['::1']",
        "unknown",
        "unknown",
        "unknown",
    ]
