"""The functor from graphs to arrays of an Array-API namespace, as a straight-line program: lower, plan, run."""
