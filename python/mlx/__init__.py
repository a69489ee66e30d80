"""MLX for every machine, in C."""
