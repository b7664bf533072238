"""From events to a case: link, coverage, background, verdicts, trace, exposure, roster."""
