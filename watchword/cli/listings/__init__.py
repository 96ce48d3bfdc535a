"""How commands print what they list: as a table for people, as lines with tabs in a pipe, as JSON for programs."""
