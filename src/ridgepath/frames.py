"""Tables of results as DataFrames, for people. Apart, for pandas takes longer to import than a study to be read."""

from __future__ import annotations

import pandas as pd

from ridgepath.results import Table, column_names


def frame(table: Table) -> pd.DataFrame:
    """Return a table as a DataFrame with its columns and rows."""
    columns = {name: table[name] for name in column_names(table)}
    texts = [name for name, values in columns.items() if values.dtype.kind == "O"]
    return pd.DataFrame(columns).astype(dict.fromkeys(texts, str))
