"""Coming back with the 24 words: a new epoch in every relationship, and what its owner says (spec 06)."""
