"""Point-in-time tables: schemas, immutable versioned files, as-of reads and the DuckDB publication."""
