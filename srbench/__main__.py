"""`python -m srbench`."""

from srbench.cli.app import main

if __name__ == "__main__":
    main()
