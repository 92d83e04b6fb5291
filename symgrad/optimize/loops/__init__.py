"""Array operations as loops over elements, for a backend in which these are quick."""
