"""The other end of ``earlier.py``: a checkout of an earlier commit that stores the same articles."""

import pickle
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Self

from bench.growth.archive.fill import make_all
from bench.growth.archive.settings import write_config
from crawler.model.article import Article

_PROGRAM = Path(__file__).with_name("earlier.py")


class Peer:
    """A process of a checkout with an environment of its own, on a configuration file."""

    def __init__(self, checkout: Path, config: Path) -> None:
        python = checkout / ".venv" / "bin" / "python"
        if not python.exists():
            raise SystemExit(f"{checkout} has no .venv; run `make setup` there")
        command = [str(python), "-P", str(_PROGRAM), str(config)]
        self._process = subprocess.Popen(
            command, cwd=checkout, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()

    def ask(self, name: str, what: object = None) -> Any:
        """Have something done, and return the answer."""
        orders, answers = self._process.stdin, self._process.stdout
        assert orders is not None
        assert answers is not None
        pickle.dump((name, what), orders)
        orders.flush()
        try:
            return pickle.load(answers)
        except EOFError:
            raise SystemExit(f"the checkout ended while it was asked to {name}; its error stands above") from None  # fmt: skip

    def keep(
        self, articles: Iterable[Article], find_body: Callable[[Article], bytes]
    ) -> tuple[float, int, int]:
        """Have articles stored with their pages; return seconds of processor time, matches and alerts."""
        rows = [(*_row_of(one, _source_of(one)), find_body(one)) for one in articles]
        seconds, matches, alerts = self.ask("keep", rows)
        return seconds, matches, alerts


def fill_peer(checkout: Path, folder: Path, count: int, data: Path, queries: tuple[str, ...]) -> Path:  # fmt: skip
    """Return the configuration of a database that the checkout filled with so many articles, or had filled before."""
    config = folder / "watchword.toml"
    if (folder / "filled").exists():
        return config
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.db*"):
        file.unlink()
    write_config(folder, queries=queries)
    with Peer(checkout, config) as peer:
        peer.ask("begin_filling")
        for batch in make_all(count, data, 1):
            peer.ask("fill", [_row_of(one.article, one.source) for one in batch])
        peer.ask("end_filling")
    (folder / "filled").touch()
    return config


def _row_of(article: Article, source: str) -> tuple[str, str, str, str, str]:
    return article.url, source, article.headline, article.body, article.language


def _source_of(article: Article) -> str:
    """Return the source of an article that ``pages`` made."""
    return f"s{article.url.split('/')[2].partition('.')[0][1:]}"
