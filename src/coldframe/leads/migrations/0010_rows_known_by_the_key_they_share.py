import django.db.models.deletion
from django.db import migrations, models

import coldframe.storage.keys


def drop_narrow_index(apps, schema_editor):
    """Drop the index on the account alone, which the wider one replaces; the table itself stays as it is."""
    model = apps.get_model("leads", "Lead")
    for name in schema_editor._constraint_names(model, ["account_id"], index=True, unique=False):
        schema_editor.execute(schema_editor._delete_index_sql(model, name))


def make_narrow_index(apps, schema_editor):
    model = apps.get_model("leads", "Lead")
    schema_editor.execute(schema_editor._create_index_sql(model, fields=[model._meta.get_field("account")]))


class Migration(migrations.Migration):
    dependencies = [("leads", "0009_names_and_addresses_by_how_they_begin")]

    operations = [
        migrations.AlterField(
            model_name="accountdue",
            name="account",
            field=coldframe.storage.keys.SharedKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                primary_key=True,
                related_name="due",
                serialize=False,
                to="leads.account",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(drop_narrow_index, make_narrow_index)],
            state_operations=[
                migrations.AlterField(
                    model_name="lead",
                    name="account",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leads",
                        to="leads.account",
                    ),
                )
            ],
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(fields=["account", "voided_at"], name="lead_of_account"),
        ),
    ]
