"""Our pages on top of Datasette: today, stories, articles, watches, sources, search. Each module has the routes of one kind."""
