"""Data brought in and taken out by the command line: the work behind `pcloud data import` and `data export`."""
