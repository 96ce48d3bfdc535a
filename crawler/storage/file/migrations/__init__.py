"""Named migrations, applied once each and in order; an applied one is never edited."""
