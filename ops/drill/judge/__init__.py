"""The judge of a simulated engine: what must never happen, rule by rule, worked out from disk and broker alone."""
