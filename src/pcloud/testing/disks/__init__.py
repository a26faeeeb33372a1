"""Disks in memory that lose power, tear, fill up and fail, under SQLite and the node's real store.

    disk = MemoryDisk()
    store = SqliteStore.create(Path("/store.db"), key, disk=disk)
    store.commit(changes)
    after = disk.image()                                    # the power is cut here
    again = SqliteStore.open(Path("/store.db"), key, disk=after)

An image is a disk of its own, and so is the one it was taken of: what runs on does so in its own world.
"""
