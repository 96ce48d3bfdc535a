"""Makes every table of docs/benchmarks.md again: ``python -m bench.all``."""
