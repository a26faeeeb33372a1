"""A relationship as one file, and what anybody can verify of it without a node (spec 19). No IO.

`write.write_export` makes the pieces of the file; `verify.verify_export` reads them and gives a
`report.Report`.
"""
