"""The web pages: Datasette on the database, with our templates, plugins and style sheet."""
