"""The demo's stream: what its tills send, by which clock, and a day of it landed."""
