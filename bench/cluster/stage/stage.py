"""What a cluster needs on one machine: newspapers, PostgreSQL, a mail server, the home, and workers."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from bench.cluster.stage.press import address_of
from bench.cluster.stage.proxy import Proxy
from bench.soak.daemon import ROOT, Mailbox, Running
from bench.soak.processes import MARK, end_all
from bench.soak.site.articles import TOPICS
from tests.servers.postgres_server import PostgresServer
from watchword.web.ports import find_free_port

_READY_SECONDS = 60.0
_STOP_SECONDS = 30.0
_ENVIRONMENT = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}


class PressProcess:
    """The process that plays the newspapers; ``log`` lists their requests."""

    def __init__(self, folder: Path, *, sources: int, domains: int, interval: float) -> None:
        self.port = find_free_port()
        self.log = folder / "requests.jsonl"
        command = [sys.executable, "-m", "bench.cluster.stage.press", str(self.port), "--sources", str(sources),
                   "--domains", str(domains), "--interval", str(interval), "--log", str(self.log)]  # fmt: skip
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._read()
        self.began = time.monotonic()

    def ask(self, **order: object) -> Any:
        """Send an order and return the answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return json.loads(self._read())

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


class Worker:
    """A worker's process, which may die and be started again under its name."""

    def __init__(self, folder: Path, name: str, *, database: str, places: int) -> None:
        self.name, self._places = name, places
        self.log = folder / f"{name}.log"
        self._config = folder / f"{name}.toml"
        self._config.write_text(f'[cluster]\ndatabase = "{database}"\nallow_private = true\n')
        self.mark = uuid.uuid4().hex
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process number."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """The last exit code, None while it runs."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        """Start it."""
        command = [sys.executable, "-m", "bench.cluster.stage.worker", "--config", str(self._config),
                   "worker", "--name", self.name, "--places", str(self._places)]  # fmt: skip
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                env={**os.environ, **_ENVIRONMENT, MARK: self.mark},
                start_new_session=True,
            )

    def send(self, number: signal.Signals) -> None:
        """Send a signal; a killed process is waited for."""
        os.kill(self.pid, number)
        if number is signal.SIGKILL:
            assert self._process is not None
            self._process.wait()

    def end(self) -> str:
        """Stop it in order; return what was wrong at its end."""
        if not self.is_alive:
            return f"{self.name} had ended by itself, code {self.exit_code}"
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            return f"{self.name} did not end within {_STOP_SECONDS:g} s of SIGTERM"
        return f"{self.name} ended with code {code}" if code else ""

    def clear(self) -> int:
        """Kill what it left behind; return how many processes these were."""
        return end_all(self.mark)


class Stage:
    """All of a cluster; ``workers[0]`` is connected through ``proxy``."""

    def __init__(self, folder: Path, options: Any) -> None:
        self.folder, self.options = folder, options
        self.press = PressProcess(folder, sources=options.sources, domains=options.domains, interval=options.interval)  # fmt: skip
        self.postgres = PostgresServer()
        self.proxy = Proxy(self.postgres.socket_path)
        self.mailbox = Mailbox()
        self.home = Running(folder)
        self.workers: list[Worker] = []

    def start(self) -> None:
        """Start everything, the workers once the home is there."""
        self.home.write_config(self.write_config())
        self.home.start()
        deadline = time.monotonic() + _READY_SECONDS
        while self.options.workers and not self.ask_postgres("SELECT 1 FROM watchword_back.rules"):
            if time.monotonic() > deadline or not self.home.is_alive:
                raise SystemExit(f"the home did not come up:\n{self.home.output()[-3000:]}")
            time.sleep(0.5)
        for number in range(self.options.workers):
            direct = self.postgres.address()
            through = f"postgresql://postgres@127.0.0.1:{self.proxy.port}/postgres"
            database = through if number == 0 else direct
            worker = Worker(
                self.folder, f"w{number}", database=database, places=self.options.places
            )
            worker.start()
            self.workers.append(worker)

    def ask_postgres(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Return rows; none while PostgreSQL does not answer, or has no such table yet."""
        address = self.postgres.address()
        with (
            contextlib.suppress(psycopg.Error),
            psycopg.connect(address, connect_timeout=5) as connection,
        ):
            return (
                connection.cursor(row_factory=dict_row)
                .execute(sql.encode(), values or None)
                .fetchall()
            )
        return []

    def write_config(self) -> str:
        """Return the home's configuration."""
        options = self.options
        sources = "".join(
            f'[[source]]\nname = "s{n}"\nurl = "http://{address_of(n % options.domains)}:{self.press.port}/feed/{n}"\n'
            f'kind = "feed"\nevery = "{options.every:g}s"\nbackfill = "1d"\nallow_private = true\n'
            for n in range(options.sources)
        )
        watches = "".join(
            f'[[watch]]\nname = "{topic}"\nquery = \'{query}\'\nto = ["{topic}@example.org"]\n'
            for topic, (_, query) in TOPICS.items()
        )
        cluster = f'[cluster]\ndatabase = "{self.postgres.address()}"\n' if options.workers else ""
        return (
            f'[store]\npath = "{self.home.database}"\n{cluster}'
            f'[fetch]\nper_domain = {{ concurrency = 1, delay = "{options.delay:g}s" }}\nmin_every = "1s"\n'
            f'[mail]\nhost = "127.0.0.1"\nport = {self.mailbox.port}\ntls = "none"\nto = ["nobody@example.org"]\n'
            f'batch_window = "0s"\nper_hour = 1000\n{sources}{watches}'
        )


@contextlib.contextmanager
def staged(folder: Path, options: Any) -> Iterator[Stage]:
    """Make a stage, and leave nothing of it behind, after SIGTERM either."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    stage = Stage(folder, options)
    try:
        with stage.mailbox, stage.proxy:
            yield stage
    finally:
        stage.home.clear()
        for worker in stage.workers:
            with contextlib.suppress(ProcessLookupError):
                worker.send(signal.SIGCONT)
            worker.clear()
        stage.press.end()
        stage.postgres.close()
