"""TOML in, one frozen Config out. pydantic is used in this folder only; nothing else reads the environment."""
