"""What operations take beside the id in their path, by what they are about (`api.requests` has the rest)."""
