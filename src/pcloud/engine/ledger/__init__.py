"""The ledger: who holds which field of whom, computed and never written (spec 09 §11)."""
