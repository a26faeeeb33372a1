"""Layer 1, bytes and messages: deterministic CBOR, COSE, keys, ids, key logs, parts, padding. No feature."""
