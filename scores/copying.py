"""Tables between the database and pandas, as CSV through COPY: no row passes through Python by itself."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from django.db import connection
from pyarrow import csv

from common import sql


def frame(name: str, **reading: Any) -> pd.DataFrame:
    """The rows of a file of one statement without parameters; `reading` goes to pandas.read_csv."""
    (statement,) = sql.statements(name)
    out = io.StringIO()
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY ({statement}) TO STDOUT WITH (FORMAT csv, HEADER)", out)
    out.seek(0)
    return pd.read_csv(out, **reading)


def fill(table: str, columns: Mapping[str, Any]) -> None:
    """Adds rows to a temp table: its columns by name, equally long; NaN becomes NULL."""
    rows = io.BytesIO()
    arrays = {name: pa.array(np.asarray(values), from_pandas=True) for name, values in columns.items()}
    csv.write_csv(pa.table(arrays), rows, csv.WriteOptions(include_header=False))  # a fifth of what pandas takes
    rows.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN WITH (FORMAT csv)", rows)
        cursor.execute(f"ANALYZE {table}")
