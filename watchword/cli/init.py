"""``watchword init``."""

import click

from watchword.cli.terminal.context import Context, pass_context

FIRST_CONFIG = """\
# Watchword: what is watched, and who is told. `watchword check` finds faults, docs/settings.md lists every setting.
timezone = "UTC"                             # shown times, such as "Europe/Berlin"

[fetch]
contact = ""                                 # a page or address for site owners, sent with every request

[[source]]
name = "un-news"
url = "https://news.un.org/feed/subscribe/en/news/all/rss.xml"
kind = "feed"                                # or "auto": a home page that names its feed
tags = ["world"]

# [[source]]
# name = "another"
# url = "https://www.example.org/"
# kind = "auto"
# tags = ["world"]
# every = "15m"                              # without it the rhythm adapts
# timezone = "Europe/Paris"

[[watch]]
name = "drones"
query = '(drone OR UAV OR "Shahed 136") -racing'
# sources = ["world"]                        # names or tags; without it all sources
# to = ["you@example.org"]                   # without it [mail] to

# [mail]                                     # without `host` alerts go to the Maildir var/mail
# from = "watchword@example.org"
# to = ["you@example.org"]
# host = "smtp.example.org"
# username = "you"
# password_file = "/run/secrets/mail-password"
"""


@click.command()
@pass_context
def init(context: Context) -> None:
    """Write a first, commented configuration where there is none; never overwrite one.

    Without --config it is written to watchword.toml in the folder seeds.

    \b
    Examples:
      watchword --config my-watch init
      watchword --config my-watch check
    """
    path = context.config_path
    file = path if path.suffix == ".toml" else path / "watchword.toml"
    if file.exists() or (path.is_dir() and any(path.glob("*.toml"))):
        raise click.ClickException(
            f"there is a configuration at {path} already; nothing was written"
        )
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(FIRST_CONFIG, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from error
    option = "" if str(path) == "seeds" else f"--config {path} "
    click.echo(f"Wrote {file}. Edit it, then:")
    click.echo(f"  watchword {option}check   is it right?")
    click.echo(f"  watchword {option}run     start watching")
