"""
Assessments and transitions are never changed: the database refuses it.

Deleting rows stays possible, for the wish of a person to be erased is carried out that way, and so is
emptying a table between tests. Nothing else in Coldframe deletes them.
"""

from django.db import migrations

TABLES = ("nurture_assessment", "nurture_transition")
MESSAGE = "is append-only: write a new row instead of changing one"

FUNCTION = f"""
    CREATE FUNCTION nurture_refuse_update() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% {MESSAGE}', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
    END $$"""


def create(apps, schema_editor):
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    if is_postgresql:
        schema_editor.execute(FUNCTION, params=None)
    for table in TABLES:
        if is_postgresql:
            schema_editor.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION nurture_refuse_update()"
            )
        else:
            schema_editor.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{table} {MESSAGE}'); END"
            )


def drop(apps, schema_editor):
    on_table = schema_editor.connection.vendor == "postgresql"
    for table in TABLES:
        schema_editor.execute(f"DROP TRIGGER {table}_append_only" + (f" ON {table}" if on_table else ""))
    if on_table:
        schema_editor.execute("DROP FUNCTION nurture_refuse_update()")


class Migration(migrations.Migration):
    dependencies = [("nurture", "0001_tables")]

    operations = [migrations.RunPython(create, drop)]
