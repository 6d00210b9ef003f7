"""Who is whom: how two records of customers are compared, and which records are one customer.

Belongs here: the comparison and its weights, the guards against taking two people for one, and the customers that follow from links.
Does not belong here: what a department knows of its customers (`customer_records.py`).
"""
