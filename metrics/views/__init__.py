"""Pages of figures: the first page, and one per report."""
