"""The command ``watchword init``: write a first configuration."""

from importlib.resources import files

import click

from watchword.cli.terminal.context import Context, pass_context

# in a folder of its own in seeds/, so that the wheel has it and `make run` does not read it
FIRST_CONFIG = (files("seeds") / "first" / "watchword.toml").read_text(encoding="utf-8")


@click.command()
@pass_context
def init(context: Context) -> None:
    """Write a first configuration with comments. Never overwrites one.

    Without --config it is written to seeds/watchword.toml.

    \b
    Examples:
      watchword --config my-watch init
      watchword --config my-watch check
    """
    path = context.config_path
    file = path if path.suffix == ".toml" else path / "watchword.toml"
    if file.exists() or (path.is_dir() and any(path.glob("*.toml"))):
        raise click.ClickException(
            f"there is already a configuration at {path}; nothing was written"
        )
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(FIRST_CONFIG, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from error
    option = "" if str(path) == "seeds" else f"--config {path} "
    click.echo(f"Wrote {file}. Edit it, then:")
    click.echo(f"  watchword {option}check   look for faults")
    click.echo(f"  watchword {option}run     start watching")
