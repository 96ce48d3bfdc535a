"""From a page to an article and its story: the steps of a page, one call each."""
