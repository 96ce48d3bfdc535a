"""The command ``watchword completion``: prints what a shell needs to complete commands, options and names with Tab."""

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that completes commands, options, sources and watches with the Tab key.

    Bash needs version 4.4 or later.

    \b
    Examples, one line each to install it:
      bash  echo 'eval "$(watchword completion bash)"' >> ~/.bashrc
      zsh   echo 'eval "$(watchword completion zsh)"' >> ~/.zshrc
      fish  watchword completion fish > ~/.config/fish/completions/watchword.fish
    """
    # imported here, because that module knows this one
    from watchword.cli.main import cli  # noqa: PLC0415

    found = get_completion_class(shell)
    if found is None:  # pragma: no cover  # Click has these three
        raise click.ClickException(f"Click cannot complete for {shell}")
    click.echo(found(cli, {}, "watchword", "_WATCHWORD_COMPLETE").source())
