"""The attacks; importing this package makes all of them known."""

from pcloud_interop.hostile.attacks import answers, bodies, frames, order, relationship, sessions, signatures

__all__ = ["answers", "bodies", "frames", "order", "relationship", "sessions", "signatures"]
