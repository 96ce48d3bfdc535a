"""What workers on other machines have: bundles with their tasks, and how each domain was asked."""
