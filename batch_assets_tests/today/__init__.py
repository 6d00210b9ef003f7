"""What is seen of a day while it lasts."""
