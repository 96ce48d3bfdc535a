"""Match watches with texts: parse a query, analyse a text, and test one against the other. Pure."""
