"""Ops, one family a file; each is declared once: its type, its meaning on arrays, its definition and its glyph."""
