"""Why two diagrams are equal: a prover that may search, and a kernel that only recomputes what a certificate says."""
