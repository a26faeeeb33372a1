"""Days as a field of a form has them: an owner means a whole day, where the node stands."""

import time
from datetime import datetime, timedelta

from pcloud.runtime.surface import OwnerError


def day_field(at: int) -> str:
    """The day of a moment, as a field of a form wants it."""
    return time.strftime("%Y-%m-%d", time.localtime(at))


def end_of_day(text: str | None) -> int | None:
    """The last second of a day that a form gives; None where it gives none. Raises OwnerError."""
    if text is None:
        return None
    try:
        day = datetime.fromisoformat(f"{text}T23:59:59")
        return int(day.astimezone().timestamp())
    except (ValueError, OverflowError) as fault:
        raise OwnerError("invalid", "Please give a day such as 2030-01-31.") from fault


def day_before(at: int) -> int:
    """When yesterday began."""
    day = datetime.fromtimestamp(at).astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    return int((day - timedelta(days=1)).timestamp())
