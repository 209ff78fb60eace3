"""Assets, a file a stage: read inputs, make one domain call, return rows."""
