"""Layer 3, what nodes can talk about: one package per feature, and no feature knows another."""
