"""What a user asks of a fusion, and the plan that follows from it. Nothing is fused here."""
