"""What is placed as one in a picture: a box, a frame, a series of blocks, and lanes side by side.

Lengths are points. Pictures flow down here, and y grows downward.
"""

from __future__ import annotations

from typing import Mapping, NamedTuple, Protocol, Sequence, Union

Point = tuple[float, float]

#: Between lanes, between columns, and from lanes to an arrow past them.
BESIDE, BETWEEN, PAST = 14.0, 40.0, 14.0
#: Above lanes, where an arrow past them branches off.
BRANCH = 12.0
#: In a frame: around what is in it, and at the side of its title.
PAD, TITLE = 10.0, 28.0
#: How much more a second line of the title needs.
SECOND_TITLE = 15.0
#: The longest series in one column, and by how much a column may exceed its share.
LONGEST, UNEVEN = 1150.0, 1.4
#: How much of the spare room is above a box of a role, elsewhere half of it.
_SHARE_ABOVE = {"input": 0.0, "output": 1.0}
#: A series that is longer than this, and this many times as long as wide, has two columns.
NARROW = 800.0, 3.0


class Rect(NamedTuple):
    """A rectangle by its sides."""

    left: float
    top: float
    right: float
    bottom: float


class Pads(NamedTuple):
    """How far the content of a frame is from its sides, in the direction of the flow."""

    before: float
    after: float
    left: float
    right: float


class Places:
    """Where everything has been placed.

    Attributes:
        boxes: Each box by its key.
        frames: Each frame by its key.
        below: The free room below a box by its key, where arrows may go to the side.
        above: The free room above a box.
        gutters: Where an arrow past lanes, by its number, goes down.
        branches: Where such an arrow branches off the one into the lane.
        turns: Where the arrow from the last box of a column to the first of the next one goes up.
        across: The height of an arrow to the right, by its number.
        up: The arrows straight up.
        corners: The arrows to the right and then up.
    """

    def __init__(self) -> None:
        self.boxes: dict[str, Rect] = {}
        self.frames: dict[str, Rect] = {}
        self.below: dict[str, Point] = {}
        self.above: dict[str, Point] = {}
        self.gutters: dict[int, float] = {}
        self.branches: dict[int, Point] = {}
        self.turns: dict[tuple[str, str], float] = {}
        self.across: dict[int, float] = {}
        self.up: set[int] = set()
        self.corners: set[int] = set()


class BoxBlock:
    """A box.

    Of any block, `left` and `right` are how far it reaches from its axis, where arrows enter, and `shift` is how far to the right
    of it they leave. `entry` is how far from its left side the first arrow enters.

    Args:
        key: Its key.
        size: Its width and height.
        role: Its role in the scene: inputs stand at the top of the room for them, outputs at its bottom, others in its middle.
    """

    shift = 0.0
    left = right = entry = 0.0

    def __init__(self, key: str, size: Point, role: str = "layer") -> None:
        self.key = self.first = self.last = key
        self.role = role
        self.width, self.height = size
        self.lane = [self]

    def measure(self) -> None:
        """Find the size."""
        self.left = self.right = self.entry = self.width / 2

    def place(self, places: Places, x: float, top: float, height: float) -> None:
        """Note the place.

        Args:
            places: Receives it.
            x: Where the axis is.
            top: Where the block begins.
            height: How high the room for it is, at least its own height.
        """
        top += (height - self.height) * _SHARE_ABOVE.get(self.role, 0.5)
        places.boxes[self.key] = Rect(x - self.left, top, x + self.right, top + self.height)


class FrameBlock:
    """A frame with what is in it.

    Args:
        key: Its key.
        inside: What is in it.
        pads: The room around that.
        title: How wide the title is.
        entered: Whether arrows lead into it.
    """

    def __init__(
        self, key: str, inside: Series | Lanes, pads: Pads, title: float, entered: bool
    ) -> None:
        self.key, self.inside, self.pads, self.title = key, inside, pads, title
        self.entered = entered
        self.first: str = inside.first
        self.last: str = inside.last
        self.left = self.right = self.height = self.entry = self.shift = 0.0
        self.lane: list[BoxBlock] = []

    def measure(self) -> None:
        """Find the size."""
        inside, pads = self.inside, self.pads
        inside.measure()
        needed = self.title + 2 * PAD
        # No arrow crosses the title.
        beside = needed - pads.left if self.entered and pads.before >= TITLE else 0.0
        if inside.entry < beside and isinstance(inside, Series) and len(inside.columns) == 1:
            for box in inside.lane:
                box.width = max(box.width, 2 * beside)
            inside.measure()
        self.shift = inside.shift
        self.left, self.right = inside.left + pads.left, inside.right + pads.right
        self.height = inside.height + pads.before + pads.after
        if pads.left >= TITLE:
            self.height = max(self.height, needed)
        else:
            missing = max(0.0, needed - self.left - self.right) / 2
            missing = max(missing, beside - inside.entry)
            self.left, self.right = (
                self.left + missing,
                max(self.right, needed - self.left - missing),
            )
        self.entry = self.left - inside.left + inside.entry

    def keep_in_one_column(self, height: float) -> bool:
        """Keep its content in one column, as a series its blocks."""
        pads = self.pads.before + self.pads.after
        return isinstance(self.inside, Series) and self.inside.keep_in_one_column(height - pads)

    def place(self, places: Places, x: float, top: float, height: float) -> None:
        """Note the places, as for a box; the frame is as high as its room."""
        before, after = self.pads.before, self.pads.after
        self.inside.place(places, x, top + before, height - before - after)
        places.frames[self.key] = Rect(x - self.left, top, x + self.right, top + height)


class Lanes:
    """Series side by side, and arrows past them.

    Attributes:
        chains: The series.
        past: How much room the label of each arrow past them takes, by its number.
        reach: How far the blocks before and after reach to the right.
        ends: The boxes from which and to which arrows past the series lead, with the room of other frames in which they are.
        branches: Whether the arrows past the series branch off the one into it.
    """

    first = last = ""
    shift = 0.0

    def __init__(self, chains: Sequence[Series | FrameBlock], past: Mapping[int, float]) -> None:
        self.chains, self.past = chains, past
        self.lane: list[BoxBlock] = chains[0].lane if len(chains) == 1 else []
        self.branches, self.reach, self.edge = False, 0.0, 0.0
        self.ends: Sequence[tuple[BoxBlock, float]] = ()
        self.left = self.right = self.height = self.entry = 0.0

    def measure(self) -> None:
        """Find the size."""
        for chain in self.chains:
            chain.measure()
        self.height = max(chain.height for chain in self.chains) + BRANCH * self.branches
        for chain in self.chains:
            # Beside a longer lane there is room for one column.
            if chain.keep_in_one_column(self.height):
                chain.measure()
        widths = [chain.left + chain.right for chain in self.chains]
        width = sum(widths) + BESIDE * (len(widths) - 1)
        self.left = self.chains[0].left if len(self.chains) == 1 else width / 2
        self.entry = self.chains[0].entry
        self.right = width - self.left
        self.edge = max(
            [self.right, self.reach, *(box.width / 2 + room for box, room in self.ends)]
        )
        if self.past:
            self.right = self.edge + PAST * len(self.past) + sum(self.past.values()) + PAD / 2

    def place(self, places: Places, x: float, top: float, height: float) -> None:
        """Note the places."""
        left = x - self.left
        room = BRANCH * self.branches
        for chain in self.chains:
            chain.place(places, left + chain.left, top + room, height - room)
            left += chain.left + chain.right + BESIDE
        gutter = x + self.edge
        for arrow, label in self.past.items():
            gutter += PAST
            places.gutters[arrow] = gutter
            if self.branches:
                places.branches[arrow] = x, top
            gutter += label


class Other(Protocol):
    """A block that is made elsewhere."""

    first: str
    last: str
    lane: list[BoxBlock]
    left: float
    right: float
    height: float
    entry: float
    shift: float

    def measure(self) -> None:
        """Find the size."""

    def place(self, places: Places, x: float, top: float, height: float) -> None:
        """Note the places, as for a box."""


Block = Union[BoxBlock, FrameBlock, Lanes, Other]


class Series:
    """Blocks one after the other, in one or several columns.

    Args:
        blocks: The blocks.
        gaps: How far each but the last is from the next one.
        ends: The blocks, by number, after which a column may end.
        wide: About how wide a column is.
    """

    def __init__(
        self, blocks: Sequence[Block], gaps: Sequence[float], ends: set[int], wide: float
    ) -> None:
        self.blocks, self.gaps, self.ends, self.wide = blocks, gaps, ends, wide
        self.first: str = blocks[0].first
        self.last: str = blocks[-1].last
        self.lane: list[BoxBlock] = [box for block in blocks for box in block.lane]
        self.left = self.right = self.height = self.entry = self.shift = 0.0
        self.columns: list[tuple[int, int]] = []
        self.sides: list[tuple[float, float]] = []

    def measure(self) -> None:
        """Find the size, and the columns."""
        for block in self.blocks:
            if not isinstance(block, Lanes):
                block.measure()
        for number, block in enumerate(self.blocks):
            if isinstance(block, Lanes):
                beside = self.blocks[max(number - 1, 0) : number + 2]
                reach = [one.right for one in beside if not isinstance(one, Lanes)]
                block.reach = max(reach, default=0.0)
                block.measure()
        self.columns = self._columns()
        self.sides = [self._sides(*column) for column in self.columns]
        self.height = max(self._height(start, end) for start, end in self.columns)
        self.left = self.sides[0][0]
        whole = sum(left + right for left, right in self.sides)
        self.right = whole + BETWEEN * (len(self.columns) - 1) - self.left
        self.entry = self.left - self.blocks[0].left + self.blocks[0].entry
        start, end = self.columns[-1]
        last_axis = self.left + self.right - self.sides[-1][1]
        self.shift = last_axis - self.left + sum(block.shift for block in self.blocks[start:end])

    def keep_in_one_column(self, height: float) -> bool:
        """Keep all blocks in one column if there is room for it, and return whether they were in several.

        Args:
            height: How high the room is.
        """
        only = self.blocks[0] if len(self.blocks) == 1 else None
        if isinstance(only, FrameBlock):
            return only.keep_in_one_column(height)
        if len(self.columns) == 1 or self._height(0, len(self.blocks)) > height:
            return False
        self.ends = set()
        return True

    def _sides(self, start: int, end: int) -> tuple[float, float]:
        """Return how far a column reaches to the left and right of the axis where arrows enter it."""
        shift = left = right = 0.0
        for block in self.blocks[start:end]:
            left, right = max(left, block.left - shift), max(right, block.right + shift)
            shift += block.shift
        return left, right

    def _height(self, start: int, end: int) -> float:
        blocks = sum(block.height for block in self.blocks[start:end])
        return blocks + sum(self.gaps[start : end - 1])

    def _columns(self) -> list[tuple[int, int]]:
        """Return the first block of each column and the one after its last; all are about equally long."""
        total = self._height(0, len(self.blocks))
        # Never so many that the picture would be wider than it is long.
        count = int(min(-(-total // LONGEST), (total / self.wide) ** 0.5))
        width = max(block.left + block.right for block in self.blocks)
        if total > max(NARROW[0], NARROW[1] * width):
            count = max(count, 2)
        if count < 2 or not self.ends:
            return [(0, len(self.blocks))]
        columns = self._cut(min(count, len(self.ends) + 1))
        uneven = max(self._height(*column) for column in columns) > total / count * UNEVEN
        return [(0, len(self.blocks))] if uneven else columns

    def _cut(self, count: int) -> list[tuple[int, int]]:
        """Return so many columns, as equally long as they can be."""
        # The least sum of squared heights of columns up to a block, and these columns.
        best: dict[int, tuple[float, list[tuple[int, int]]]] = {0: (0.0, [])}
        for _ in range(count):
            best = {
                end: min(
                    (cost + self._height(start, end) ** 2, [*columns, (start, end)])
                    for start, (cost, columns) in best.items()
                    if start < end
                )
                for end in (*(number + 1 for number in self.ends), len(self.blocks))
                if end > min(best)
            }
        return best[len(self.blocks)][1]

    def place(self, places: Places, x: float, top: float, height: float) -> None:
        """Note the places, as for a box; spare room is shared by the gaps of a column, and a single block has all of it."""
        left = x - self.left
        for number, (start, end) in enumerate(self.columns):
            before, after = self.sides[number]
            if number:
                ends = self.blocks[start - 1].last, self.blocks[start].first
                places.turns[ends] = left - BETWEEN / 2
            spare = height - self._height(start, end)
            more = spare / max(end - start - 1, 1)
            axis, y = left + before, top
            for place in range(start, end):
                block = self.blocks[place]
                room = block.height + (spare if end - start == 1 else 0)
                block.place(places, axis, y, room)
                axis, y = axis + block.shift, y + room
                if place + 1 < end:
                    gap = y, y + self.gaps[place] + more
                    places.below[block.last] = gap
                    places.above[self.blocks[place + 1].first] = gap
                    y = gap[1]
            left += before + after + BETWEEN
