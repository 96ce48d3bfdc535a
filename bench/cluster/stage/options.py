"""The options that every measurement of a cluster has."""

import argparse
from pathlib import Path


def make_parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser of what a stage needs; further options may be added."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--workers", type=int, default=4)
    add("--places", type=int, default=4, help="bundles that a worker has at a time")
    add("--sources", type=int, default=500)
    add("--domains", type=int, default=200)
    add("--every", type=float, default=60, help="seconds between two visits of a source")
    add("--interval", type=float, default=120, help="seconds between two articles of a source")
    add("--delay", type=float, default=1, help="seconds between two requests to a domain")
    add("--keep", type=Path, metavar="FOLDER", help="an empty folder to work in, which stays")
    return parser
