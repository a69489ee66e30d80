"""python -m mlx --version"""

import argparse

import mlx.core as mx

parser = argparse.ArgumentParser(prog="python -m mlx", description="MLX for every machine, in C.")
parser.add_argument("--version", action="version", version=mx.__version__)
parser.parse_args()
parser.print_help()
