"""What a table of findings answers, asked in SQL of DuckDB.

The state of a workspace on a day is what was judged last up to that day; of several plans that one run judged, such as those of some commits,
that of the one that was made last. When a plan was made it says itself, so that decides nothing else. A workspace that was not judged again
counts as it was. What the estate as a whole shows of a resource takes the place of what its plan alone left open.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from planproof.errors import CommandError
from planproof.fleet.objects import COMMIT, needed, shown
from planproof.fleet.store import findings, unreadable
from planproof.fleet.table import OF_ESTATE, OF_PLAN, WHOLE

DAYS = 30
_VIEWS = f"""
CREATE TEMP TABLE runs AS
SELECT workspace, scope, plan, regexp_replace(plan, '{COMMIT.pattern}', '') AS place, judged_at, plan_digest, policy_digest, policy, code, reason,
       CAST(judged_at AT TIME ZONE 'UTC' AS DATE) AS day, CASE WHEN planned_at <= judged_at THEN planned_at ELSE judged_at END AS planned
FROM findings WHERE "check" = '{WHOLE}';

CREATE TEMP MACRO runs_by(until) AS TABLE
WITH last AS (
  SELECT * FROM runs WHERE day <= until
  QUALIFY row_number() OVER (PARTITION BY workspace, place, scope ORDER BY judged_at DESC, planned DESC, plan) = 1)
SELECT * FROM last r WHERE scope = '{OF_PLAN}' OR EXISTS (
  SELECT 1 FROM last p WHERE p.scope = '{OF_PLAN}' AND p.workspace = r.workspace AND p.place = r.place AND p.plan_digest = r.plan_digest);

CREATE TEMP MACRO found_by(until) AS TABLE
SELECT DISTINCT f.workspace, f.plan, f."check", f.mode, f.subject, f.type, f.module, f.verdict, f.level, f.severity, f.code, f.reason,
       f.file, f.line, f.expires, f.scope, split_part(f.workspace, '/', 1) AS team
FROM findings f JOIN runs_by(until) r ON f.workspace = r.workspace AND f.scope = r.scope AND f.judged_at = r.judged_at
 AND f.policy_digest = r.policy_digest AND f.plan_digest IS NOT DISTINCT FROM r.plan_digest
 AND (f.plan = r.plan OR starts_with(f.plan, r.plan || '#'))
WHERE f."check" <> '{WHOLE}';

CREATE TEMP MACRO state_by(until) AS TABLE
SELECT * FROM found_by(until) f
WHERE f.scope = '{OF_ESTATE}' OR (f.verdict NOT IN ('PASS', 'UNKNOWN') AND f.code <> 'no_trail') OR NOT EXISTS (
  SELECT 1 FROM found_by(until) e WHERE e.scope = '{OF_ESTATE}' AND e.verdict <> 'UNKNOWN' AND e.workspace = f.workspace AND e.plan = f.plan
   AND e."check" = f."check" AND e.subject = f.subject);
"""
_FAILS = "verdict = 'FAIL' AND level = 'mandatory'"


class Fleet:
    """The findings of a fleet as they are on a day."""

    def __init__(self, url: str, today: datetime.date) -> None:
        """Raises CommandError if there are none."""
        duckdb = needed("duckdb")
        self.today, self.url = today, shown(url)
        self._connection = duckdb.connect()
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.register("findings", findings(url))
        try:
            for statement in filter(str.strip, _VIEWS.split(";")):
                self._connection.execute(statement)
            self._connection.execute("CREATE TEMP TABLE state AS SELECT * FROM state_by(?::DATE)", [today])
            self._connection.execute("CREATE TEMP TABLE latest AS SELECT * FROM runs_by(?::DATE)", [today])
        except duckdb.Error as error:
            raise unreadable(url, error) from None
        if not self._one("SELECT count(*) FROM latest")[0]:
            raise CommandError(
                f"there are no findings at {self.url} until {today}; write some: planproof fleet check URL --format parquet=URL"
            )

    def _rows(self, query: str, *given: object) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self._connection.execute(query, list(given)).fetchall()
        return found

    def _one(self, query: str, *given: object) -> tuple[Any, ...]:
        return self._rows(query, *given)[0]

    def size(self) -> tuple[int, int, int]:
        """How many workspaces there are, how many of them have failures, and how many could not be judged."""
        workspaces, unjudged = self._one("SELECT count(DISTINCT workspace), count(*) FILTER (code = 'not_judged') FROM latest")
        (failing,) = self._one(f"SELECT count(DISTINCT workspace) FROM state WHERE {_FAILS}")
        return workspaces, failing, unjudged

    def policies(self) -> list[str]:
        return [name for (name,) in self._rows("SELECT DISTINCT policy FROM latest ORDER BY policy")]

    def verdicts(self) -> dict[str, int]:
        return dict(self._rows("SELECT verdict, count(*) FROM state GROUP BY verdict ORDER BY verdict"))

    def modes(self) -> list[tuple[int | None, int, int]]:
        """By failure mode: the failures, and the workspaces that have them."""
        return self._rows(
            f"SELECT mode, count(*), count(DISTINCT workspace) FROM state WHERE {_FAILS} GROUP BY mode ORDER BY mode NULLS LAST"
        )

    def matrix(self, most: int) -> list[tuple[str, dict[int, int], int]]:
        """Of the workspaces with the most failures: how many of each mode (0 is none), and in all."""
        rows = self._rows(
            f"""SELECT workspace, coalesce(mode, 0), count(*) FROM state WHERE {_FAILS} AND workspace IN (
            SELECT workspace FROM state WHERE {_FAILS} GROUP BY workspace ORDER BY count(*) DESC, workspace LIMIT ?)
            GROUP BY ALL""",
            most,
        )
        found: dict[str, dict[int, int]] = {}
        for workspace, mode, number in rows:
            found.setdefault(workspace, {})[mode] = number
        by_number = sorted(found.items(), key=lambda item: (-sum(item[1].values()), item[0]))
        return [(workspace, modes, sum(modes.values())) for workspace, modes in by_number]

    def teams(self, most: int) -> list[tuple[str, int, int, int]]:
        """The teams with the most failures: the failures, how many are HIGH or worse, and the workspaces that have them. A team is the first
        step of a workspace's name."""
        return self._rows(
            f"""SELECT team, count(*), count(*) FILTER (severity IN ('CRITICAL', 'HIGH')), count(DISTINCT workspace)
            FROM state WHERE {_FAILS} GROUP BY team ORDER BY 2 DESC, team LIMIT ?""",
            most,
        )

    def trend(self) -> list[tuple[datetime.date, int, int]]:
        """By day on which something was judged, the last ones: the failures that there were by then, and the workspaces."""
        days = self._rows(f"SELECT DISTINCT day FROM runs WHERE day <= ?::DATE ORDER BY day DESC LIMIT {DAYS}", self.today)
        return [(day, *self._on(day)) for (day,) in reversed(days)]

    def _on(self, day: datetime.date) -> tuple[int, int]:
        (failures,) = self._one(f"SELECT count(*) FROM state_by(?::DATE) WHERE {_FAILS}", day)
        (workspaces,) = self._one("SELECT count(DISTINCT workspace) FROM runs_by(?::DATE)", day)
        return failures, workspaces

    def new(self, most: int) -> tuple[int, list[tuple[str, str, str, int, str]]]:
        """The failures that were none by the end of yesterday: how many, and by workspace, check and code, the worst first, a subject, how many
        there are, and the reason. Of a workspace that nobody had judged by then, nothing is new."""
        query = f"""SELECT s.* FROM state s
            WHERE {_FAILS} AND s.workspace IN (SELECT workspace FROM runs WHERE day < $today::DATE)
            AND NOT EXISTS (SELECT 1 FROM state_by($today::DATE - 1) y WHERE y.verdict = 'FAIL' AND y.workspace = s.workspace
                            AND y."check" = s."check" AND y.subject = s.subject AND y.code = s.code)"""
        kinds = f"""SELECT workspace, "check", min(subject), count(*), arg_min(reason, subject) FROM ({query})
            GROUP BY workspace, "check", code, severity
            ORDER BY array_position(['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFO'], severity), workspace, "check", code LIMIT $most"""
        today = {"today": self.today}
        ((number,),) = self._connection.execute(f"SELECT count(*) FROM ({query})", today).fetchall()
        return number, self._connection.execute(kinds, {**today, "most": most}).fetchall()

    def expiring(self) -> list[tuple[datetime.date, str, str, str, int]]:
        """The exceptions that end in this month: the day, the workspace, the check, a subject, and how many findings they cover."""
        return self._rows(
            """SELECT expires, workspace, "check", min(subject), count(*) FROM state
            WHERE verdict = 'SKIP' AND expires >= ?::DATE AND date_trunc('month', expires) = date_trunc('month', ?::DATE)
            GROUP BY expires, workspace, "check" ORDER BY expires, workspace, "check" """,
            self.today,
            self.today,
        )

    def unjudged(self, most: int) -> Iterator[tuple[str, str]]:
        """The workspaces that could not be judged, and why."""
        yield from self._rows("SELECT workspace, reason FROM latest WHERE code = 'not_judged' ORDER BY workspace LIMIT ?", most)
