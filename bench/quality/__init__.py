"""How good Watchword and the programs beside it are, in one table: ``python -m bench.quality``."""
