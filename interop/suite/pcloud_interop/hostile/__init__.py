"""The hostile peer: a peer that keeps the protocol until it is told to break it, and what it tries then.

It needs a library for keys and one for sockets; `pip install 'pcloud-interop[hostile]'` brings both.
"""
