"""The judges of a week: what was due against what was received. Nothing here uses the product's code."""
