"""The configuration: TOML in, one frozen Config out. pydantic is used and the environment is read in this folder only."""
