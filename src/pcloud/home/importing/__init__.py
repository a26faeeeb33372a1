"""What others have written, read into records: one module for each format, a stream in and findings out.

A part that is broken is reported with its place and the reason, and the rest goes through. Whatever the
input, a reader raises nothing, holds a bounded part of it in memory, and takes time that grows with its size
only. Errors of the stream itself (OSError) pass.
"""
