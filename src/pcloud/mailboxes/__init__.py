"""The mailboxes that a relay keeps for others."""
