"""The generators of docs/commands.md and docs/settings.md."""
