"""The checks behind ``watchword doctor``: each returns a finding with a verdict and what to do next."""
