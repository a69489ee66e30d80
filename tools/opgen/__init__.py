"""Modules of tools/opgen.py: the parser of the op table and one emitter a module."""
