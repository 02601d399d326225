"""The picture of a movement: two columns of blocks and the ribbons between them, as numbers an SVG takes. Pure."""

from dataclasses import dataclass, field

WIDTH, HEIGHT = 960.0, 440.0
BLOCK, GAP = 14.0, 6.0  # width of a block; space between two
LEAST = 1.5  # height of the smallest block that holds anybody


@dataclass
class Block:
    """A segment on one of the two days."""

    code: str
    value: float
    y: float
    height: float
    used: float = field(default=0.0, repr=False)  # how much of it ribbons have taken so far

    @property
    def middle(self) -> float:
        return round(self.y + self.height / 2, 1)


@dataclass(frozen=True)
class Ribbon:
    """Those who went from one block to another; `path` is the d of an SVG path."""

    was: str
    became: str
    value: float
    path: str

    @property
    def is_move(self) -> bool:
        return self.was != self.became


@dataclass(frozen=True)
class Picture:
    """Blocks of the first day, of the second, and the ribbons between."""

    left: list[Block]
    right: list[Block]
    ribbons: list[Ribbon]
    width: float = WIDTH
    height: float = HEIGHT
    block: float = BLOCK

    @property
    def right_x(self) -> float:
        return WIDTH - BLOCK


def picture(flows: dict[tuple[str, str], float], order: list[str]) -> Picture:
    """`flows`: (was, became) → how many (or how much; what is not above 0 is left out). Blocks stand in `order`."""
    flows = {pair: value for pair, value in flows.items() if value > 0}
    sides = [_sums(flows, 0), _sums(flows, 1)]
    scale = min((_room(side) / sum(side.values()) for side in sides if side), default=0.0)
    left, right = ({block.code: block for block in _blocks(side, order, scale)} for side in sides)
    ribbons = [
        _ribbon(left[was], right[became], flows[was, became], scale)
        for was in order
        for became in order
        if (was, became) in flows
    ]
    return Picture(list(left.values()), list(right.values()), ribbons)


def _sums(flows: dict[tuple[str, str], float], side: int) -> dict[str, float]:
    sums: dict[str, float] = {}
    for pair, value in flows.items():
        sums[pair[side]] = sums.get(pair[side], 0.0) + float(value)
    return sums


def _room(side: dict[str, float]) -> float:
    return HEIGHT - GAP * (len(side) - 1)


def _blocks(side: dict[str, float], order: list[str], scale: float) -> list[Block]:
    found, y = [], 0.0
    for code in order:
        if code in side:
            found.append(Block(code, side[code], round(y, 1), round(max(LEAST, side[code] * scale), 1)))
            y += side[code] * scale + GAP
    return found


def _ribbon(start: Block, end: Block, value: float, scale: float) -> Ribbon:
    """A band whose edges are curves from one block to the other, each below the ribbons before it."""
    height = float(value) * scale
    top, bottom = start.y + start.used, end.y + end.used
    start.used += height
    end.used += height
    x0, x1 = BLOCK, WIDTH - BLOCK
    half = (x0 + x1) / 2
    there = f"M{x0:g} {top:.1f}C{half:g} {top:.1f} {half:g} {bottom:.1f} {x1:g} {bottom:.1f}"
    back = (
        f"V{bottom + height:.1f}C{half:g} {bottom + height:.1f} {half:g} {top + height:.1f} {x0:g} {top + height:.1f}Z"
    )
    return Ribbon(start.code, end.code, value, there + back)
