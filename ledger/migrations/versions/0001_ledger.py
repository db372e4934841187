"""The ledger: apps, links, pixels, mappings, installs, events, deliveries, attempts, counts.

Revision ID: 0001
"""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQL = Path(__file__).with_suffix("")
FILES = ("apps", "installs", "events", "deliveries", "counts", "tombstones")  # each refers to those before it alone


def upgrade() -> None:
    for name in FILES:
        for statement in (SQL / f"{name}.sql").read_text(encoding="utf-8").split(";\n"):
            if statement.strip():
                op.execute(statement)


def downgrade() -> None:
    for table in (
        "tombstones", "count_drains", "visit_counts", "alerts", "attempts", "deliveries",
        "second_revenue_sources", "charge_refunds", "event_timers", "webhook_sources", "webhook_bodies",
        "person_installs", "events",
        "match_statistics", "match_observations", "click_claims", "installs",
        "field_mappings", "mappings", "pixels", "links", "apps",
    ):  # fmt: skip
        op.execute(f"DROP TABLE {table}")
