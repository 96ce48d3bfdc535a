"""Named migrations, each applied once and in order. One that was released is never edited (decision 034).

``m001`` is the whole first schema; the next change is ``m002_what_it_changes.py``, and so on. The number of the last one is
the file's ``user_version`` and ``release.SCHEMA_VERSION``.
"""
