"""The archive: what a node has to know to come back, as rows of sealed volumes (spec 21)."""
