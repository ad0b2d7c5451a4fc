"""What a person sees of a verdict: text and tables on standard output, progress on standard error."""
