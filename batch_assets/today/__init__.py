"""What is seen of a day while it lasts: one file a table, made of what has landed so far. Nothing reads it but people.

Belongs here: expressions over marts of the day so far, and over what was published before it. Does not belong here: anything as of a day, which is
made when the day has ended.
"""
