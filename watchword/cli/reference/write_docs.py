"""``python -m watchword.cli.reference.write_docs``: write the pages of docs/ that are generated from the code."""

from pathlib import Path

from crawler.config.describe import describe_settings
from watchword.cli.reference.describe import describe_commands
from watchword.cli.reference.tables import describe_tables

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGES = {
    "reference/settings.md": describe_settings,
    "reference/commands.md": describe_commands,
    "reference/tables.md": describe_tables,
}

if __name__ == "__main__":
    for name, describe in PAGES.items():
        (DOCS / name).write_text(describe(), encoding="utf-8")
