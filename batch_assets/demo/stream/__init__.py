"""Tills that send events: a day of the demo's receipt lines is sent to a broker on this machine, faster than the clock, and landed.

Belongs here: the broker, the clock of the replay, and what the tills send. Does not belong here: landing, which the pipeline's `streams/` does,
and what becomes of the day.
"""
