"""From a page to an article and its story: the steps a page goes through, one call each."""
