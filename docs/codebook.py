"""Write the codebook of survey packages from the schema of their tables: python -m docs.codebook."""

from pathlib import Path

from srbench.survey.package.codebook import codebook

PAGE = Path(__file__).with_name("survey-codebook.md")

if __name__ == "__main__":
    PAGE.write_text(codebook(), encoding="utf-8")
