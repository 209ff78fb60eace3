"""Who the desk may deal with: name screening against the sanctions lists, and the rule catalogue with its evidence."""
