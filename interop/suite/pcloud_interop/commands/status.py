"""What a command ends with."""

from typing import Final

GOOD: Final = 0
"""Nothing failed that was not known to fail."""
BAD: Final = 1
"""Something failed."""
NOT_RUN: Final = 2
"""Nothing could be run."""
