"""Makes every table of docs/internals/benchmarks.md again: ``python -m bench.all``."""
