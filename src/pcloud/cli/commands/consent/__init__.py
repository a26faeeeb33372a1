"""What an owner says in advance, has decided, claims, and writes to who has no node."""
