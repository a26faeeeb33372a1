"""The bytes of the protocol, written from the specification alone, so that they can be bent."""
