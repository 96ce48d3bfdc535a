"""The bundled newspaper in a network namespace that containers join: ``unshare --net python -P -m tests.image.press``.

It prints the addresses as one line of JSON, and serves until its standard input ends.
"""

import json
import sys

from tests.image.enter import raise_loopback
from watchword.demo.newspaper import Newspaper


def main() -> None:
    """Serve."""
    raise_loopback()
    with Newspaper() as newspaper:
        print(
            json.dumps([[outlet.name, outlet.feed_url] for outlet in newspaper.outlets]), flush=True
        )
        sys.stdin.read()


if __name__ == "__main__":
    main()
