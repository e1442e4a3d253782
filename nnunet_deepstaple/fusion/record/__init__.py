"""What a fusion writes to disk: its record, the journal of an unfinished run, and the files of each image."""
