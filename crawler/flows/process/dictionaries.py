"""Loads the dictionaries a text's analysis needs before the text comes to the database's thread, each language once."""

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from crawler.matching.analysis.inflection import dictionaries_of, is_prepared, prepare
from crawler.model.article import Article


class Dictionaries:
    """Loads dictionaries one after another on a thread of its own; all callers that need the same one share its load.

    Not on the shared threads: six waiting pages would take all of them. Not in parallel: a dictionary that is not in the cache
    yet takes seconds to build, and the interpreter lock lets only one go on anyway.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dictionaries")
        self._loads: dict[str, asyncio.Future[None]] = {}
        self._watch_words = ""

    def expect_words(self, queries: Iterable[str]) -> None:
        """Set the words of all watches, which are analysed in the language of each text."""
        self._watch_words = " ".join(queries)

    async def load_for(self, article: Article) -> None:
        """Load the dictionaries that an article and the watches need in its language."""
        await self.load_for_text(f"{article.headline}\n{article.body}", article.language)

    async def load_for_text(self, text: str, language: str) -> None:
        """Load the dictionaries that a text in a language and the watches need."""
        for needed in sorted(dictionaries_of((text, self._watch_words), language)):
            await self.load(needed)

    async def load(self, language: str) -> None:
        """Load the dictionary of a language, unless it is loaded."""
        if is_prepared(language):
            return
        load = self._loads.get(language)
        if load is None:
            loop = asyncio.get_running_loop()
            load = loop.run_in_executor(self._thread, prepare, language)
            self._loads[language] = load
            load.add_done_callback(lambda _done: self._loads.pop(language, None))
        # a page whose task is cancelled must not cancel the load for the others
        await asyncio.shield(load)

    def close(self) -> None:
        """Start no further load."""
        self._thread.shutdown(wait=False, cancel_futures=True)
