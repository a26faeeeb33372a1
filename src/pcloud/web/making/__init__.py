"""Making a node on a page."""
