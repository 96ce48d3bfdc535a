"""A worker: its notebook writes down what visits say, and passes it on in a while."""
