"""Who is whom."""
