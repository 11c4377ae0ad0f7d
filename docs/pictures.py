"""Draw the pictures of docs/lifetime-value.md and docs/churn.md, from CDNOW.

At the root of the repository: ``.venv/bin/python docs/pictures.py``. With a file of Online Retail beside it
(customer_id, timestamp, amount), the one picture of that is drawn, and no other.
"""

from __future__ import annotations

import io
import sys
import tempfile
from datetime import date
from pathlib import Path

from matplotlib.figure import Figure
from PIL import Image

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from features.sources import read_tables  # noqa: E402
from features.tables import DataConfig, Source  # noqa: E402
from joren.example import write_cdnow  # noqa: E402
from training import horizon_plot  # noqa: E402
from training.clv_plots import figures  # noqa: E402
from training.horizon import advise  # noqa: E402

CDNOW = date(1998, 6, 30), 273
HORIZON_AS_OF = date(1998, 3, 31)  # the moment in the example's joren.toml
RETAIL, RETAIL_PICTURE = (date(2011, 12, 9), 91), "tracking_weekly"
DOTS_PER_INCH = 100  # 720 pixels wide
COLOURS = 200  # enough for the shades of a matrix; a third of the bytes


def main() -> None:
    """Write every picture into docs/pictures, without a date or a program's version in it."""
    if len(sys.argv) > 1:
        retail = DataConfig({"transactions": Source(sys.argv[1])}, zone="Europe/London", currency="GBP")
        write(f"retail_{RETAIL_PICTURE}", figures(read_tables(retail), *RETAIL)[RETAIL_PICTURE])
        return
    with tempfile.TemporaryDirectory() as folder:
        purchases = Path(folder, "transactions.csv")
        write_cdnow(purchases)
        tables = read_tables(DataConfig({"transactions": Source(str(purchases))}))
    for stem, figure in figures(tables, *CDNOW).items():
        write(stem, figure)
    write("horizon", horizon_plot.figure(advise(tables, HORIZON_AS_OF)))


def write(stem: str, figure: Figure) -> None:
    """Write one picture as a PNG of few colours."""
    page = io.BytesIO()
    figure.savefig(page, format="png", dpi=DOTS_PER_INCH)
    drawn = Image.open(page).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    drawn.save(HERE / "pictures" / f"{stem}.png", optimize=True)


if __name__ == "__main__":
    main()
