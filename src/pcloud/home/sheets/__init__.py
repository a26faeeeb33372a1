"""Pages of paper: each a PDF in the fonts that every reader has."""
