"""Files in: CSV, JSON Lines and Parquet become events by a mapping; resumable, and each record at most once, for ever.

`readers` turn a file into records, `mappings` say what a record means, `values` compile a mapping's templates,
`shaping` makes events of records, `jobs` commits them with their progress, `routes` is the API.
"""
