"""What the experiments share: where they work, how they train, how they judge, and what they write."""
