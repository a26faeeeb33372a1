"""Carriage: packets on their way in, frames on their way out."""
