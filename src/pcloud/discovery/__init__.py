"""Finding nodes on one's own network, where the owner asks for it."""
