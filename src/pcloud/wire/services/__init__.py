"""Service lines: what a node does for others beside packets, as bytes (spec 13 §10)."""
