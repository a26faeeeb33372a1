"""The owner's side: meeting, speaking, negotiating, and what is shown of it."""
