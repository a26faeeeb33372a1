"""What a node knows of personal data, without store, net or clock (spec 09)."""
