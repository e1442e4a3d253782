"""What a person judged of candidates and consensus: ratings.csv, as a report's pages give it to download."""

CANDIDATE_MARKS = ("exclude", "poor", "fair", "good")
CONSENSUS_MARKS = ("accept", "correct", "redo")
