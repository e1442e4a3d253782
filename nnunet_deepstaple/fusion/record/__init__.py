"""What a fusion leaves on disk: its record, the journal of a run that goes on, and the files of each image."""
