"""Where a node keeps what opens its store."""
