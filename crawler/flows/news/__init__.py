"""From a page to an article and its story: the walk of a page, one call a step."""
