"""The migrations, one file each, in their order; one that was released is never edited (decision 034)."""
