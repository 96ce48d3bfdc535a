"""The generator of docs/commands.md, and the command that writes it and docs/settings.md."""
