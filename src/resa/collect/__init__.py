"""The doors in. The way of a request: `requests` (bytes, write key) -> `decode` (fast; `tolerant` for flawed bodies) ->
`drafting` (checks; `moments`, `money`, `enrichment`, `referrers`, `channels`) -> the log; `segment` leads through it.

Beside it: `wire` (what clients send), `cors`, `documents` (settings for browser SDKs), `limits`, `sources` (write keys),
`failed` (events that failed), `live` (the newest events, traces), `doors` (all of it for one workspace), `routes`,
`openapi`, and `imports` (files).
"""
