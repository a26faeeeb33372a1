"""Settings, a module for each of their pages."""
