"""How products are ranked for households: the frame of features, the methods in the race, and how they are judged."""
