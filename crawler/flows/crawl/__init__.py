"""From a source to its entries: what a visit records, and what hosts ask of crawlers."""
