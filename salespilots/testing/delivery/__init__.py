"""Does every message get its answers once and in order, whatever the network does? A generator and a judge.

A `Story` is one day of customers' messages, made from a seed. `Weather` delivers it as badly as a provider may: twice,
late, shuffled, in batches. `judge` compares what customers got with what they get on a calm day; it looks at a
`History` that outlives the product under test, never at the product's own tables.

`salespilots.testing.contracts.delivery` runs it against any channel plugin; the product's own tests run it against
the whole product while its processes are killed.
"""

from salespilots.testing.delivery.judge import History, Verdict, judge, plain
from salespilots.testing.delivery.story import Line, Story
from salespilots.testing.delivery.weather import Post, Weather

__all__ = ["History", "Line", "Post", "Story", "Verdict", "Weather", "judge", "plain"]
