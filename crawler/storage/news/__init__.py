"""Articles, revisions and stories, with what they were compared by."""
