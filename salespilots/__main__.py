"""``python -m salespilots``."""

from salespilots.cli import main

if __name__ == "__main__":
    main()
