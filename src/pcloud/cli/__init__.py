"""The command line: what an owner types, and what comes back (docs/cli.md)."""
