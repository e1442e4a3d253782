"""Two runs into one place, begun at random moments: what is left is that of one of them, never a mixture.

python -m tests.commands.two_at_once FOLDER PAIRS     PAIRS of runs, in turn of each kind
"""

import random
import sys
import time
from collections import Counter
from pathlib import Path

from .kills_of_all import Files, Job, Place, files_below, volatile

KINDS = {
    "ds_fuse": (
        "ds_fuse -i candidates -o made -np 1 -rule majority",
        "ds_fuse -i candidates -o made -np 1 -rule staple",
    ),
    "ds_prepare": (
        "ds_prepare -i images -l candidates -d 1 -n Two -np 1",
        "ds_prepare -i images -l candidates -d 1 -n Two -channels CT -np 1",
    ),
    "ds_report": ("ds_report -i candidates -o made -np 1", "ds_report -i candidates -images images -o made -np 1"),
    "ds_rank": ("ds_rank -i candidates -o made -np 1", "ds_rank -i candidates -o made -np 1 -ceiling 0.9 0.95"),
    "ds_score": ("ds_score -i fold_0 -o made/s.csv", "ds_score -i fold_0 -o made/s.csv -last_part 0.3"),
}
"""Two commands that write different results to one place."""


class Pair:
    """Two commands, what each leaves when it is alone, and what may differ between two runs of the same."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.words = KINDS[kind]
        self.place = Place(folder / kind, Job(self.words[0]), images=6)
        self.alone: list[Files] = []
        self.may_differ: set[str] = set()
        self.duration = 0.0
        for words in self.words:
            runs = []
            for _ in range(2):
                self.place.renew()
                began = time.monotonic()
                assert self.place.start(words).wait() == 0, self.place.printed
                self.duration = time.monotonic() - began
                runs.append(files_below(self.place.path))
            self.may_differ |= volatile(*runs)
            self.alone.append(runs[1])

    def run(self, draw: random.Random) -> str:
        """Run both, the second somewhat later; say how they ended."""
        self.place.renew()
        first, second = draw.sample([0, 1], 2)
        logs = [self.place.path.parent / f"printed_{number}" for number in (0, 1)]
        one = self.place.start(self.words[first], logs[0])
        time.sleep(draw.uniform(0, 1.2 * self.duration))
        ended_before = one.poll() is not None
        two = self.place.start(self.words[second], logs[1])
        ends = one.wait(), two.wait()
        said = [log.read_text() for log in logs]
        assert not any("Traceback" in text for text in said), said
        for status, text in zip(ends, said, strict=True):
            assert status in (0, 2), said
            assert status == 0 or "is being written by" in text or "is in use by" in text, text
        assert 0 in ends, said
        left = files_below(self.place.path)
        of = [number for number in (first, second) if self._same(left, self.alone[number])]
        assert of, sorted(left.keys() ^ self.alone[first].keys())
        assert ends[(first, second).index(of[0])] == 0, (ends, said)
        if ends == (0, 0):
            return "one after the other" if ended_before else "both, one after the other by chance"
        return "the second refused" if ends[0] == 0 else "the first refused"

    def _same(self, left: Files, alone: Files) -> bool:
        names = left.keys() - self.may_differ
        return left.keys() == alone.keys() and all(left[name] == alone[name] for name in names)


def main() -> None:
    folder, pairs, draw = Path(sys.argv[1]).absolute(), int(sys.argv[2]), random.Random(5)
    for number, kind in enumerate(KINDS):
        pair = Pair(folder, kind)
        ends = Counter(pair.run(draw) for _ in range(number, pairs, len(KINDS)))
        sys.stdout.write(f"{kind}: {', '.join(f'{count} {end}' for end, count in sorted(ends.items()))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
