"""
An account's events are read from an index that has all of what is read.

The old index goes by its name: to alter the field would write the whole table anew on SQLite.
"""

import django.db.models.deletion
from django.db import migrations, models

OLD = "activity_event_account_id_50f4560b"


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0011_contested"),
        ("leads", "0010_rows_known_by_the_key_they_share"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                fields=["account", "lead", "shape", "evidence", "occurred_at"], name="event_of_account"
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f'DROP INDEX IF EXISTS "{OLD}"',
                    f'CREATE INDEX IF NOT EXISTS "{OLD}" ON "activity_event" ("account_id")',
                )
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="event",
                    name="account",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="leads.account",
                    ),
                ),
            ],
        ),
    ]
