"""The owner's other devices: paired once, each with a key of its own, over TLS."""
