"""Keeps the tables of documents like docs/performance.md: the text around them is written by hand."""


def marks(writer):
    """Returns the lines before and behind the tables that the command `writer` writes."""
    return f"<!-- Written by {writer}; do not edit. -->", f"<!-- End of what is written by {writer}. -->"


def with_results(text, writer, results):
    """Returns `text` with the part between the two marks of `writer` replaced."""
    first, last = marks(writer)
    before, begin, rest = text.partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise ValueError(f"the document has no place for results: \"{first}\" ... \"{last}\"")
    return f"{before}{begin}\n\n{results.strip()}\n\n{end}{after}"


def replace_results(path, writer, results):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(with_results(text, writer, results))
