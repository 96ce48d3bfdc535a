"""From a match to the inbox: which alerts are raised, for whom, how messages leave, and what recipients ask for."""
