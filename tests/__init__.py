"""The tests: each folder is named for the part it proves."""
