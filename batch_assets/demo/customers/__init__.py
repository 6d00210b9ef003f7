"""What customers write about products, on the web shop's pages.

Belongs here: reviews. Does not belong here: who the customers are (`identities.py`, `details.py`).
"""
