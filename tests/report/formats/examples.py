"""A page with everything that a format must show."""

from srbench.report.table import Cell, Column, KeyValue, Page, Plot, Section, Table, text_column

HARD = r"""x^2~{q}_$5&7#%\|<i>*'"`--?`"""
"""A name with every sign that some format reads as markup."""

TABLE = Table(
    key="set 5",
    title="Set5, 5 images",
    columns=(
        text_column("model"),
        Column("PSNR", "dB", higher_is_better=True),
        Column("ms/image\nmedian", higher_is_better=False, rank=1),
    ),
    rows=(
        (Cell("best"), Cell("32.05", "30.1–34.0", best=True), Cell("10.2", doubtful=True)),
        (Cell("tied"), Cell("32.01", "30.0–33.9", tied=True, mark="†"), Cell("1.25")),
        (Cell(HARD), Cell("–"), Cell("")),
    ),
    notes=("One note.", "Another note."),
)
PAGE = Page(
    title="A title",
    lead=("protocol: x4",),
    tables=(TABLE,),
    caption=("How to read it.", "And more."),
    caveats=("a caveat",),
    sections=(Section("Notes", ("first", "second"), "list"), Section("Options", ("{}",), "code")),
    key_values=(KeyValue("images", "5", "of 5"),),
    plots=(Plot("plot", "A plot", "Its caption.", '<svg id="plot"></svg>', "What it says.", "plot.png"),),
)
