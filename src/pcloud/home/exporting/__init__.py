"""Records written out in formats that other software reads: one module for each, a record in, bytes out."""
