"""The node that runs: the only code that awaits across adapters."""
