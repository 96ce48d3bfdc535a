"""An answer on its way in: bounded, unpacked, and said to have failed."""
