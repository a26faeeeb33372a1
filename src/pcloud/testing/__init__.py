"""Tools for tests, ours and app writers': nodes in memory, stories, and the runner of vectors."""
