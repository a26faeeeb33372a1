"""The owner's page: what most owners use instead of a command line.

Pages are rendered here, over the same `Surface` that the API and the command line have, and work without
script; the one small script of the page only makes them live. No request goes anywhere but to the node.
"""
