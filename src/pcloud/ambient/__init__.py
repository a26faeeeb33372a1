"""Clock, randomness and threads: what the pure core is given."""
