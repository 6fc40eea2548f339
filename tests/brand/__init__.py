"""The brand: what is refused, what is served, and what pages get of it."""
