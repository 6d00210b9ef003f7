"""How products are ranked for customers: the frame of features, the methods in the race, and how they are judged."""
