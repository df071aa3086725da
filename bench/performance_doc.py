"""Keeps the tables of docs/performance.md: the text around them is written by hand."""


def marks(bench):
    """Returns the lines before and behind the tables of `./dev bench BENCH`."""
    command = f"./dev bench {bench}"
    return f"<!-- Written by {command} --doc; do not edit. -->", f"<!-- End of what is written by {command}. -->"


def with_results(text, bench, results):
    """Returns `text` with the part between the two marks of `bench` replaced."""
    first, last = marks(bench)
    before, begin, rest = text.partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise ValueError(f"the document has no place for results: \"{first}\" ... \"{last}\"")
    return f"{before}{begin}\n\n{results.strip()}\n\n{end}{after}"


def replace_results(path, bench, results):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(with_results(text, bench, results))
