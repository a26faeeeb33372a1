"""Makes one signed object of every type, for another library to judge; writes them as JSON lines.

Half of the check: `verify_with_cwt.py` reads this in an environment without our code (`make oracle`).
"""

import hashlib
import json
from collections.abc import Iterator

from pcloud.wire import cose
from pcloud.wire.keys import SigningKey


def key(name: str) -> SigningKey:
    return SigningKey.from_seed(hashlib.sha256(name.encode()).digest())


def objects() -> Iterator[dict[str, object]]:
    first, second, stranger = key("first"), key("second"), key("stranger")
    for typ in sorted(cose.TYPES):
        for size in (0, 1, 23, 24, 255, 256, 40_000):
            payload = hashlib.shake_256(typ.encode()).digest(size)
            if typ == cose.AGREEMENT:
                parts = [(signer.public, cose.sign_part(signer, typ, payload)) for signer in (first, second)]
                made, signers = cose.assemble(typ, payload, *parts), [first, second]
            else:
                made, signers = cose.sign1(first, typ, payload), [first]
            yield {
                "typ": typ,
                "payload": payload.hex(),
                "bytes": made.hex(),
                "signers": [signer.public.hex() for signer in signers],
                "stranger": stranger.public.hex(),
            }


if __name__ == "__main__":
    for made in objects():
        print(json.dumps(made))
