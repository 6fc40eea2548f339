"""Attribution: which touches stood before a conversion, and what six models make of that (docs/attribution.md).

`paths` cuts journeys into paths of touches, `models` and `markov` divide conversions among the touches, `touches` says
which events are touches, `answers` holds question and answer, `asking` keeps and `dividing` makes them, `routes` is the HTTP face.
"""
