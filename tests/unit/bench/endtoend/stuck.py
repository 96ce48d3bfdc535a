"""A program for the tests: stores one page, then hangs, and so does its child."""

import subprocess
import sys

from bench.endtoend.programs.rows import read_task

# found by it in the list of processes
SLEEP = "import time; time.sleep(601)"

if __name__ == "__main__":
    feeds, rows = read_task()
    rows.keep(feeds[0], "Title", "A drone over the harbour")
    subprocess.run([sys.executable, "-c", SLEEP], check=False)
