"""Named migrations, applied once each and in order, for ever: one that was released is never edited.

``m001`` is the first schema whole; the next change is ``m002_what_it_changes.py``, and so on. The number of the last one is the
file's ``user_version`` and ``release.SCHEMA_VERSION``.
"""
