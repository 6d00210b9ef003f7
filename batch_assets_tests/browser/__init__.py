"""Dagster's UI as a person sees it: driven in a browser, and photographed for the docs."""
