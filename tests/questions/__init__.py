"""Analytics questions against slow and obvious references."""
