"""SQL engines: DuckDB is the one; imported only where a query is about to run."""
