"""One module for each part of the page; each ends with the rows that `web.table` puts together."""
