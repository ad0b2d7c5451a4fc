"""What a diagram costs: operations, work and memory, node by node and along the order in which it is evaluated."""
