"""What needs the owner, as far as it can be known at a glance: plain data, as in `runtime.views`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Care:
    """Each is cheap to know, however many relationships there are; `doctor` looks everything over."""

    interrupted: bool
    """A recovery was interrupted: do it again with the same words."""
    recovered: int | None
    """When this copy was recovered; None where it never was."""
    elsewhere: bool
    """Whether another copy of this node has proved to be newer to some peer."""
    moving: bool
    """Whether somebody is still to be told where this node is found now."""
    keep_for: list[str | None]
    """Names of the first peers that ask this node to keep copies, and wait."""
    behind: list[str | None]
    """Names of holders whose copies are not up to date, because the last try failed."""
