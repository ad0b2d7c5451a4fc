"""Programs of other libraries as diagrams: one dialect a module, each with its own table of operators."""
