"""Event tables, case tables, vocabulary, time, identifiers, errors and the engine."""
