"""Finding when the article of a page was published, among all the dates a page shows and states."""
