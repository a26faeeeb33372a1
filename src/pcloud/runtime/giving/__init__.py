"""What the owner gives of its data: questions and answers, the ledger, change once, taking back (spec 09)."""
