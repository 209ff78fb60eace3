"""Facts, the grounding of every figure in its row, the recommendation rule and the rule-based writer of deal memos."""
