"""The owner's own data: records at paths, set, found, followed and deleted (spec 09 §2)."""
