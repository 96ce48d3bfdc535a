"""``[store]``: "0s" may be meant as "never", and would delete what came in this hour."""

import pytest
from pydantic import ValidationError

from crawler.config.upkeep.store import StoreSettings


@pytest.mark.parametrize("name", ["article_retention", "record_retention"])
def test_stories_and_records_are_kept_for_a_day_at_least(name: str) -> None:
    with pytest.raises(ValidationError, match="at least 1d"):
        StoreSettings.model_validate({name: "0s"})

    StoreSettings.model_validate({name: "1d"})
