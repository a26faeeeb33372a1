"""pcloud: a personal cloud node and the federated protocol it speaks.

Import from the layers below, lowest first: `errors`, `limits`, then `wire`, `kernel`, `features`, `engine`.
Layers 0 to 4 are pure: no clock, no randomness, no IO (HPKE's own randomness apart).
"""

__version__ = "0.1.0"
