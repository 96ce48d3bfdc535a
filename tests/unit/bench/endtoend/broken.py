"""A program for the tests: ends with an error."""

raise SystemExit("no such feed")
