"""``python -m crawler``: the crawl process."""

from crawler.worker import main

if __name__ == "__main__":
    main()
