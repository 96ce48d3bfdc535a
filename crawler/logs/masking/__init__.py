"""What is masked: the secrets of this installation, and what has the shape of a secret of somebody else."""
