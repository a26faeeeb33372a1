"""Where a node keeps what it must not lose."""
