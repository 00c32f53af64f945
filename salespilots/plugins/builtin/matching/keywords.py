"""Lists of keywords, made ready once, and looked for in a message in one walk over its words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from salespilots.plugins.builtin.matching.words import Said, Word, read


@dataclass(slots=True)
class Keywords:
    """Some keywords of one or several words each. ``starts``: by the spelling or meaning a keyword begins with, which."""

    written: tuple[str, ...]
    words: tuple[tuple[Word, ...], ...]
    by_meaning: bool
    starts: dict[str, list[int]] = field(default_factory=dict)

    def found(self, said: Said) -> Iterator[int]:
        """The places of the keywords that stand in a message by themselves; one may come twice."""
        if said.starts.isdisjoint(self.starts):
            return
        for index in range(len(said.words)):
            yield from self._at(said, index)

    def at_the_start(self, said: Said) -> Iterator[int]:
        """Those a message begins with."""
        return self._at(said, 0)

    def whole(self, said: Said) -> Iterator[int]:
        """Those that are all of a message."""
        return (one for one in self._at(said, 0) if len(self.words[one]) == len(said.words))

    def _at(self, said: Said, index: int) -> Iterator[int]:
        if index >= len(said.words):
            return
        word = said.words[index]
        for start in word.starts(by_meaning=self.by_meaning):
            for place in self.starts.get(start, ()):
                if self._goes_on(self.words[place], said.words, index):
                    yield place

    def _goes_on(self, wanted: Sequence[Word], words: Sequence[Word], index: int) -> bool:
        if len(wanted) == 1:
            return True
        rest = words[index + 1 : index + len(wanted)]
        return len(rest) == len(wanted) - 1 and all(
            one.is_like(other) or (self.by_meaning and bool(one.meaning) and one.meaning == other.meaning)
            for one, other in zip(wanted[1:], rest, strict=True)
        )


def ready(written: Sequence[str], *, by_meaning: bool = True) -> Keywords:
    """Keywords to look for. ``by_meaning``: "rate" also finds who writes "price"; otherwise spelling decides."""
    words = tuple(read(one).words for one in written)
    told = Keywords(tuple(written), words, by_meaning)
    for place, wanted in enumerate(words):
        for start in wanted[0].starts(by_meaning=by_meaning) if wanted else ():
            told.starts.setdefault(start, []).append(place)
    return told
