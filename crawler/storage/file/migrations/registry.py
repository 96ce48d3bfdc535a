"""The set all migrations are registered in; sqlite-utils keeps in the file which were applied."""

from sqlite_utils.migrations import Migrations

MIGRATIONS = Migrations("watchword")
