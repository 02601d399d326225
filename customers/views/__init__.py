"""Pages of the customers app, one module an idea."""
