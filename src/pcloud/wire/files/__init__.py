"""Files that are written and read as a stream: an export (spec 19), a volume of the archive (spec 21)."""
