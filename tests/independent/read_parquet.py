"""Reads all Parquet files below a folder with pyarrow, as one table with the partitions of the path, and prints
as JSON its schema, how often each file says what wrote it, and its rows.

read_parquet.py FOLDER
"""

import json
import pathlib
import sys

import pyarrow.dataset
import pyarrow.parquet

folder = pathlib.Path(sys.argv[1])
table = pyarrow.dataset.dataset(folder, format="parquet", partitioning="hive").to_table()
files = [pyarrow.parquet.ParquetFile(path) for path in sorted(folder.rglob("*.parquet")) if path.name[0] != "_"]
print(
    json.dumps(
        {
            "schema": {field.name: f"{field.type}{'' if field.nullable else ' not null'}" for field in table.schema},
            "created_by": sorted({file.metadata.created_by for file in files}),
            "compression": sorted({file.metadata.row_group(0).column(0).compression for file in files}),
            "rows": table.to_pylist(),
        },
        default=str,
    )
)
