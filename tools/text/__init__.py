"""How the models that ship with `resa.feedback.text` are made, from data that lie on this machine: nothing is downloaded."""
