"""What can be learned from the log about customers: kinds of them (`personas`)."""
