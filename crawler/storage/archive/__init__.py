"""Pages outside the database: their files, which hold WARC records, and where in them each page is (decision 052)."""
