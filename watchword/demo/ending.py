"""The last lines of the demo: what was found, where it is, and how to open it again."""

import shlex
import shutil
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

from crawler.text.counts import write_count, write_number
from crawler.text.lines import plain
from watchword.demo.seen import Seen, write_missing


def summarise(console: Console, folder: Path, seen: Seen, *, links: tuple[str, str] | None) -> None:
    """Print what was found, what is missing, and where the mails and pages are.

    links  the address of the web pages and the link that signs in, None if they are not open
    """
    counts = seen.counts
    console.print("\n[bold]Summary[/]")
    console.print(
        f"  found      {write_count(counts['new'], 'article')}, {write_count(counts['copy'], 'copy', 'copies')} elsewhere, "
        f"{write_number(counts['revised'])} revised\n"
        f"             {write_count(counts['matched'], 'match', 'matches')}, {write_count(len(seen.mails), 'alert')} delivered"
    )
    if seen.first_mail_seconds is not None:
        console.print(f"  first      alert after {seen.first_mail_seconds:.1f} s")
    for headline, _ in seen.mails:
        console.print(Text(f"  alert      {plain(headline)}"), soft_wrap=True)
    console.print(f"  mails      {folder / 'mail' / 'new'}", soft_wrap=True)
    if links is not None:
        console.print(f"  web pages  {links[0]}", soft_wrap=True)
        console.print(f"  signed in  {links[1]}", soft_wrap=True)
    missing = seen.list_missing()
    if missing:
        line = f"The demo did not finish: {write_missing(missing)}."
        console.print(Text(line, style="bold red"), soft_wrap=True)
        console.print(f"  {_write_command(folder, 'doctor')}   shows more", soft_wrap=True)


def say_how_to_reopen(console: Console, folder: Path) -> None:
    """Print the last line: the command that opens the web pages of this demo again."""
    if (folder / "watchword.db").exists():
        console.print("To read all this again later:")
        console.print(_write_command(folder, "browse"), soft_wrap=True)


def _write_command(folder: Path, name: str) -> str:
    return f"{_find_own_command()} --config {shlex.quote(str(folder / 'watchword.toml'))} {name}"


def _find_own_command() -> str:
    """Return how this program is started here: a clone has it in .venv/bin, which is on nobody's path."""
    own = Path(sys.argv[0])
    if own.name != "watchword":
        return f"{shlex.quote(sys.executable)} -m watchword"
    on_path = shutil.which("watchword")
    if on_path is not None and Path(on_path).resolve() == own.resolve():
        return "watchword"
    here = Path.cwd()
    return shlex.quote(str(own.relative_to(here) if own.is_relative_to(here) else own))
