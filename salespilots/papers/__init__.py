"""Paper: documents of sales, packing slips and address labels as PDF. Plain values in, bytes out; no storage, no network.

The libraries that draw are imported when the first page is drawn: a process that prints nothing stays small.
"""
