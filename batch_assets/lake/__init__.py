"""Raw sources, one file each: what a day's file is and what its fields mean. Nothing is interpreted here."""
