"""What the 2D experiments share: volumes cut into slices, each a case with one label."""
