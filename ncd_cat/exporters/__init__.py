"""Functors out of diagrams, into files and other libraries."""
