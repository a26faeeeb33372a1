"""Conversation: the two owners say things to each other (spec 18).

start --say--> open --say, by either side--> open

The opener of the thread is who spoke first. Nothing that is said binds anybody.
"""
