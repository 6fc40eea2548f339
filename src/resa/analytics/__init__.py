"""Questions anyone may ask of the log: SQL over the analysts' views, and the home page's few numbers."""
