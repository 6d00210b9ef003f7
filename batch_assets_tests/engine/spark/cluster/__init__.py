"""The Spark engine on a real cluster. Without Java 17 and Spark's distribution, its tests are skipped, and say how to get them."""
