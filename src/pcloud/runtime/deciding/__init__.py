"""Decisions: scopes loaded, jobs run in one commit, received frames judged."""
