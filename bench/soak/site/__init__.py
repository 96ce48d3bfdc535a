"""The hostile sites of a soak."""
