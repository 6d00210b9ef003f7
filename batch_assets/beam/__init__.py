"""Apache Beam: forecasts of a day from its raw files, as a pipeline that runs on any of Beam's runners, Dataflow among them.

Belongs here: the pipeline's steps, and what its workers need. Does not belong here: what the rows are: the steps call the tables' own functions.
Nothing is published: what the pipeline writes is a file of forecasts, which are those that a publication would have.
"""
