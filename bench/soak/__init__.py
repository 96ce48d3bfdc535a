"""Half an hour among hostile sites."""
