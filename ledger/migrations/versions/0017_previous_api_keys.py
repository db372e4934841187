"""The API key that an app had before, which may go on opening until a moment.

Revision ID: 0017
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# Set by the statement that sets api_key_hash, which counts the directory's version up.
UP = """
ALTER TABLE apps
    ADD COLUMN previous_api_key_hash bytea,       -- SHA-256 of it; NULL = the one before ended at once
    ADD COLUMN previous_api_key_encrypted bytea,
    ADD COLUMN previous_key_until timestamptz
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(
        "ALTER TABLE apps DROP COLUMN previous_api_key_hash, DROP COLUMN previous_api_key_encrypted,"
        " DROP COLUMN previous_key_until"
    )
