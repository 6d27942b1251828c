"""What each page of the playbook shows: one frozen value a page."""
