"""Wrong versions of the engine, each breaking one rule, and how soon the simulator finds them out."""
