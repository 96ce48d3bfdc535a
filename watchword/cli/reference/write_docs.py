"""``python -m watchword.cli.reference.write_docs``: write the pages of docs/ that are generated from the code."""

from pathlib import Path

from crawler.config.describe import describe_settings
from watchword.cli.reference.describe import describe_commands

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGES = {"settings.md": describe_settings, "commands.md": describe_commands}

if __name__ == "__main__":
    for name, describe in PAGES.items():
        (DOCS / name).write_text(describe(), encoding="utf-8")
