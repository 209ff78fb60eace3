"""Charts and pages people open."""
