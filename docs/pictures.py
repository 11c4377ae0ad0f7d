"""Draw the pictures of docs/lifetime-value.md: BG/NBD on CDNOW, the last 39 weeks held out.

At the root of the repository: ``.venv/bin/python docs/pictures.py``
"""

from __future__ import annotations

import io
import sys
import tempfile
from datetime import date
from pathlib import Path

from PIL import Image

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from features.sources import read_tables  # noqa: E402
from features.tables import DataConfig, Source  # noqa: E402
from joren.example import write_cdnow  # noqa: E402
from training.clv_plots import figures  # noqa: E402

AS_OF, HELD_OUT_DAYS = date(1998, 6, 30), 273
DOTS_PER_INCH = 100  # 720 pixels wide
COLOURS = 200  # enough for the shades of a matrix; a third of the bytes


def main() -> None:
    """Write every picture into docs/pictures, without a date or a program's version in it."""
    with tempfile.TemporaryDirectory() as folder:
        purchases = Path(folder, "transactions.csv")
        write_cdnow(purchases)
        tables = read_tables(DataConfig({"transactions": Source(str(purchases))}))
    for stem, figure in figures(tables, AS_OF, HELD_OUT_DAYS).items():
        page = io.BytesIO()
        figure.savefig(page, format="png", dpi=DOTS_PER_INCH)
        drawn = Image.open(page).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        drawn.save(HERE / "pictures" / f"{stem}.png", optimize=True)


if __name__ == "__main__":
    main()
