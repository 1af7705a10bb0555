"""What service tasks run: plain functions marked with their topic.

`handlers/<pack>.py` serves one pack; shared handlers are in modules named by noun (`documents.py`, `registers.py`).
See docs/how-to/write-a-handler.md.
"""
