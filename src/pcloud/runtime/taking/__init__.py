"""What this node asks of others and holds of them: the taker's side of a disclosure (spec 09)."""
