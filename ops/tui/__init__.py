"""The terminal view of a running engine: `understudy top` and `understudy demo`.

It is a process of its own that asks the control socket and reads the journal; closing or crashing it touches no
engine. Textual is imported here and nowhere else.
"""
