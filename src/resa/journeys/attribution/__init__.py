"""Attribution: which touches stood before a conversion, and what six models make of that (docs/attribution.md).

`paths` cuts journeys into paths of touches, `models` and `markov` divide conversions among the touches, `touches` says
which events are touches, `asking` answers, `routes` is the HTTP face.
"""
