"""The stories; importing this package makes all of them known."""

from pcloud_interop.live.stories import data, ending, meeting, recovery, services, talking, terms

__all__ = ["data", "ending", "meeting", "recovery", "services", "talking", "terms"]
