"""Entries, the pages behind them, and how often those were tried."""
