"""What the engine costs, beside the limit of the machine and stock SpiffWorkflow; see docs/reference/benchmarks.md."""
