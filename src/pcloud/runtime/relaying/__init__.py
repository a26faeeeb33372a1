"""Relays: mailboxes that this node keeps for others, and those that others keep for it (spec 20)."""
