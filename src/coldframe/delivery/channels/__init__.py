"""One folder for each way of reaching a lead."""
