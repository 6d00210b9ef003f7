"""The merchandising department of the demo: promotions that are planned, and the API that offers them.

Belongs here: the plan, its dirt, and a server of it. Does not belong here: landing it, which the pipeline's `landing/` does.
"""
