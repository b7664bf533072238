"""Write `records.ndjson` anew from `audit_records`: run it after changing a record, then rewrite the golden file."""

import json
from pathlib import Path

from audit_records import RECORDS, WITHOUT_A_TIME

if __name__ == "__main__":
    lines = [json.dumps(record, ensure_ascii=False) for record in [*RECORDS, *WITHOUT_A_TIME]]
    Path(__file__).with_name("records.ndjson").write_text("\n".join(lines) + "\n", "utf-8")
