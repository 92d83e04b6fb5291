"""Does the suite notice when symgrad is broken? `python -m tests.mutation`, or `make mutate`."""
