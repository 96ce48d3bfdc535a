"""Articles, revisions and stories, with sketches, boilerplate, odd answers and lines of watched pages."""
