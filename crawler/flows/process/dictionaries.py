"""Builds the dictionaries a text's analysis needs before the text is analysed, each language once on a machine."""

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from crawler.matching.analysis.word_graph import build_in_child
from crawler.matching.languages.dictionaries import can_prepare, dictionaries_of, prepare
from crawler.matching.languages.rules import DICTIONARIES
from crawler.model.article import Article


class Dictionaries:
    """Builds dictionaries one after another, in a child process each; all callers that need the same one share its build.

    Workers of the parse pool read what is built, in milliseconds. Where nothing can be kept (no folder, a full disk), the
    dictionary is loaded into this process, which then analyses texts in that language itself.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dictionaries")
        self._loads: dict[str, asyncio.Future[None]] = {}
        self._watch_words = ""

    def expect_words(self, queries: Iterable[str]) -> None:
        """Set the words of all watches, which are analysed in the language of each text."""
        self._watch_words = " ".join(queries)

    async def load_for(self, article: Article) -> None:
        """Have the dictionaries that an article and the watches need in its language."""
        await self.load_for_text(f"{article.headline}\n{article.body}", article.language)

    async def load_for_text(self, text: str, language: str) -> None:
        """Have the dictionaries that a text in a language and the watches need."""
        for needed in sorted(dictionaries_of((text, self._watch_words), language)):
            await self.load(needed)

    async def load(self, language: str) -> None:
        """Build the dictionary of a language, unless it is built or loaded."""
        if can_prepare((), language):
            return
        load = self._loads.get(language)
        if load is None:
            loop = asyncio.get_running_loop()
            load = loop.run_in_executor(self._thread, _build, language)
            self._loads[language] = load
            load.add_done_callback(lambda _done: self._loads.pop(language, None))
        # a page whose task is cancelled must not cancel the load for the others
        await asyncio.shield(load)

    def close(self) -> None:
        """Start no further load."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _build(language: str) -> None:
    build_in_child(DICTIONARIES[language])
    if not can_prepare((), language):
        prepare(language)
