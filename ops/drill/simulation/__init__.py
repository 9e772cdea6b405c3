"""A whole engine simulated: its own code, on a virtual clock, against an independent broker, on a faulty disk."""
