"""``python -m crawler``: the crawl process. Kept empty: the parse pool's processes import this module's name only."""

from crawler.worker import main

if __name__ == "__main__":
    main()
