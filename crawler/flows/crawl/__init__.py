"""From a source to its entries: what a visit writes down, and what a host asked of its visitors."""
