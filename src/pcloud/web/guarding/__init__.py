"""Who may ask for a page at all: by which name, from which site, as which user of the machine."""
