"""docs/commands.md and docs/settings.md, written from the code."""
