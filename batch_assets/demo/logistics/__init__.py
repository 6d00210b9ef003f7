"""The logistics department of the demo: what was delivered to whom.

Belongs here: logistics' files and their dirt. Does not belong here: the recipients (`identities.py` and `details.py` of the demo).
"""
