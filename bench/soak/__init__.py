"""A soak: the real daemon among hostile sites for half an hour or longer."""
