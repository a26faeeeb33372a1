"""The interoperability suite: vectors, traces, live pairs and attacks, for any driver."""

from typing import Final

__version__: Final = "0.1.0"
