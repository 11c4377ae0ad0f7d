"""``python -m joren`` is the same as ``joren``."""

from joren.cli import main

if __name__ == "__main__":
    main()
