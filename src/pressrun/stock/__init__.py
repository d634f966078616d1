"""What a build read and made, kept in one file so that the next makes only what is new: the door to SQLite.

It may be deleted at any time, and is never wrong: all that it holds is known by the content of everything that it was
made of. Nothing in it is ever run.
"""
