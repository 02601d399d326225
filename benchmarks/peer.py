"""django-import-export in its fastest mode (bulk, no diff), on the first rows of the same file of customers.

python -m benchmarks.peer customers.csv 10000   prints {"seconds": …, "rows": …}; what it wrote is taken back.
"""

import json
import sys
import time
from pathlib import Path

import django

django.setup()

import tablib  # noqa: E402
from import_export import resources  # noqa: E402

from customers.models import Customer  # noqa: E402


class CustomerResource(resources.ModelResource):
    """The columns of the file that are columns of the table; it knows no phones, postal codes or widths."""

    class Meta:
        model = Customer
        fields = ("code", "name", "postal_code", "industry", "region", "joined_on")
        import_id_fields = ("code",)
        use_bulk = True
        batch_size = 1000
        skip_diff = True
        skip_html_diff = True
        use_transactions = True


def main(path: Path, rows: int) -> dict[str, float]:
    with path.open(encoding="utf-8") as file:
        lines = [next(file) for _ in range(rows + 1)]
    lines[0] = lines[0].replace("customer_id", "code")
    started = time.perf_counter()
    dataset = tablib.Dataset().load("".join(lines), format="csv")
    result = CustomerResource().import_data(dataset, raise_errors=True)
    seconds = time.perf_counter() - started
    assert result.total_rows == rows, result.totals
    Customer.objects.all().delete()
    return {"seconds": seconds, "rows": rows}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]))))
