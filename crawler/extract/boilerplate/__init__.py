"""Recognising what a page shows that is not its article: by elements before the body is looked for, by lines after."""
