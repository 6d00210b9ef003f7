"""Delta tables as a store: published rows as open files on a folder or an object store, for any number of readers, and several writers at a time.

Belongs here: all that knows Delta's log, which delta-rs reads and writes. Nothing else imports it: it is an extra. Does not belong
here: what a publication is recorded as (`record.py`), and rows before they are published.
"""
