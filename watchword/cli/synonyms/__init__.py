"""``watchword synonyms``: the sets of spellings that come with Watchword, and how a watch gets one."""
