"""``watchword check``."""

import click

from scheduler.cli.context import Context, pass_context


@click.command()
@pass_context
def check(context: Context) -> None:
    """Check the configuration: every fault at once, with file, line and what to write instead.

    Needs no network and no database. Exit code 2 where there is a fault.

    \b
    Examples:
      watchword check
      watchword --config my-seeds check
    """
    from crawler.config.load import find_config_files  # noqa: PLC0415  # pydantic, not for --help

    config = context.config
    files = find_config_files(context.config_path)
    click.echo(
        f"{len(files)} file{'s' if len(files) != 1 else ''}, {len(config.sources)} sources, "
        f"{len(config.watches)} watches: all good."
    )
    if not config.sources:
        click.echo("There is no [[source]] yet, so nothing will be visited.")
    if not config.watches:
        click.echo("There is no [[watch]] yet, so nothing will alert.")
