"""The gallery: pages that are drawn anew whenever the documentation is built."""
