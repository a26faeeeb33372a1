"""What an owner has said in advance, and what can be shown and claimed: rules, receipts, rights, letters."""
