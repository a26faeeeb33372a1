"""The files of a store: which disk they are on, and what a crash left in them."""
