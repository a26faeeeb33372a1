"""Why an endpoint cannot be reached, in words that name no address."""

from typing import Final

MAY_NOT: Final = "this endpoint may not be dialled"
NO_ANSWER: Final = "nobody answers at this endpoint"
NO_CERTIFICATE: Final = "this endpoint shows no certificate that can be trusted"
WRONG_ANSWER: Final = "what answers at this endpoint is no node"
TOO_OFTEN: Final = "this endpoint has been asked too often"
NOTHING: Final = "there is nothing at this address, or not any more"
SERVES_NOT: Final = "what answers at this endpoint keeps nothing for others"
GONE: Final = "the connection has ended"

DEAF: Final = "a net that does not listen has nobody who takes what arrives"
"""The caller's mistake."""
