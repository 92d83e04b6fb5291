"""Functions of about 50 lines, for the time that it takes to generate their gradients.

Each file has `program`, the function, and `example`, which makes arguments for it.
"""
