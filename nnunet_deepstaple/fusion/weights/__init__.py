"""What each voter is worth: each file has one idea and its paper."""
