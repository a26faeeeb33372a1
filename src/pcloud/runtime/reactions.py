"""Everything that follows by itself from what peers say, and from the clock: one handler for each event.

An event is that of a row's reply (`Tell`), or the command that somebody has asked for (`Batch.ask`). Where a
handler cannot act now, it raises `PutOffError` before it has changed anything.
"""

from collections.abc import Mapping
from typing import Final

from pcloud.runtime.deciding.batch import Handler

HANDLERS: Final[Mapping[str, Handler]] = {}
