"""What each voter is worth: one idea a file, with its paper."""
