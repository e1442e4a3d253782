"""Fusion rules: arrays in, arrays out, one rule a file with its paper. :mod:`.consensus` says what a rule answers."""
