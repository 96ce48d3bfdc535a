"""The base class of all tables of the configuration."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of the configuration, immutable; unknown keys are faults."""

    # hide_input_in_errors: otherwise a missing host prints the whole table, with its password
    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=True
    )

    def as_json(self) -> dict[str, object]:
        """Return what differs from the defaults, as JSON values."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
