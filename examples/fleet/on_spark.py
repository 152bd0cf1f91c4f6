"""Judges a fleet on Spark: spark-submit on_spark.py 's3://plans/**/plan.json' s3://findings [MASTER]"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

import pyarrow as pa
from pyspark.sql import SparkSession

from planproof.fleet.judge import Judge, judge
from planproof.fleet.objects import PlanAt, listed
from planproof.fleet.store import pending, write


def main(pattern: str, findings: str, master: str = "local[*, 4]") -> None:
    by = Judge()
    policy, at = by.policy, by.judged_at

    def judged(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            plans = [PlanAt(**plan) for plan in batch.to_pylist()]
            yield pa.RecordBatch.from_pydict({"rows": [write(judge(plans, policy, judged_at=at), findings)]})

    plans = [plan._asdict() for plan in pending(listed(pattern), findings, by.digest)]
    spark = SparkSession.builder.master(master).config("spark.sql.execution.arrow.maxRecordsPerBatch", 50).getOrCreate()
    columns = "url string, workspace string, commit string, beside boolean, known string"
    frame = spark.createDataFrame(plans, columns).repartition(max(1, len(plans) // 200))
    print(sum(row.rows for row in frame.mapInArrow(judged, "rows long").collect()), "rows")


if __name__ == "__main__":
    main(*sys.argv[1:])
