"""Working days of the Chinese official calendar, and deadlines counted on them.

Pure: the standard library at run time, no clock, no database. Start with `calendar.load()`; the rules and the data
format are in docs/reference/calendar.md.
"""
