"""Data brought in and taken out: the work behind `pcloud data import` and `pcloud data export`."""
