"""Whole programs, written as their authors would write them, without symgrad in mind.

Each module ends with `CASES`: a list of (function, callable that builds the
arguments, argnums to differentiate with respect to).
"""
