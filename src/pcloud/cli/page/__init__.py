"""The owner's page, from the command line: making a node on it, links to it, devices for it."""
