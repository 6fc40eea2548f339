"""The browser SDK in a real Chromium, by the beacons it sends to a real Resa from another site."""
