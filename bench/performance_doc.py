"""Keeps the tables of docs/performance.md: the text around them is written by hand."""

BEGIN = "<!-- Written by ./dev bench proxy --doc; do not edit. -->"
END = "<!-- End of what is written by ./dev bench proxy. -->"


def with_results(text, results):
    """`text` with what stands between the two marks replaced."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document has no place for results: \"{BEGIN}\" ... \"{END}\"")
    return f"{before}{BEGIN}\n\n{results.strip()}\n\n{END}{after}"


def replace_results(path, results):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(with_results(text, results))
