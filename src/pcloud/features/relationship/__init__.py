"""Relationship: how two personas come to know each other, rest, move, and part (spec 07).

start -> requested -> accepted -> active <-> paused-by-...
             |            |          |           |
             v            v          v           v
         declined       closed     closed      closed
"""
