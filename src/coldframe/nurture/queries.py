"""One lead: found by whatever a person calls it, and explained."""
