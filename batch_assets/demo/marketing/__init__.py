"""The marketing department of the demo: contacts, what was sent to them, and the coupons that they redeemed.

Belongs here: marketing's files and their dirt. Does not belong here: the people behind the contacts (`details.py` of the demo).
"""
