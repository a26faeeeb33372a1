"""Copies of the node: made while it runs, kept here and with others, and what they are restored from."""
