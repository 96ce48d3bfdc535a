"""The programs beside Watchword in ``bench.endtoend``, and how each is run.

Modules that read pages run in an environment of their own and import nothing of the product. Each is given the addresses of the
feeds on standard input and a folder with ``words.txt``; what it stores is a row in the folder's ``pages.db``.
"""
