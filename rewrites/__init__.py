"""Which diagrams are equal: equations of the category as data, and a normal form that is built from them alone."""
