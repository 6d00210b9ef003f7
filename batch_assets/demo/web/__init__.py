"""The web site of the demo: who looked at which page.

Belongs here: the server's log and its dirt. Does not belong here: what was sent to whom (`marketing/`).
"""
