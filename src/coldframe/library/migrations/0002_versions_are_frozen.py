"""
The database itself refuses to change a version or an activation.

Deleting is refused by the foreign keys as soon as anything was decided by a version. A version that
nothing refers to may be deleted: so that a test database can be emptied, and because nothing is lost.
"""

from django.db import migrations

TABLES = ("library_playbookversion", "library_playbookactivation")
MESSAGE = "A published playbook is never changed; publish the next version."


def freeze(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE FUNCTION library_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation'; END $$",
            params=None,
        )
        refuse = "FOR EACH ROW EXECUTE FUNCTION library_refuse_change()"
    else:
        refuse = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    for table in TABLES:
        schema_editor.execute(f"CREATE TRIGGER {table}_frozen BEFORE UPDATE ON {table} {refuse}", params=None)


def thaw(apps, schema_editor):
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    for table in TABLES:
        on = f" ON {table}" if is_postgresql else ""
        schema_editor.execute(f"DROP TRIGGER {table}_frozen{on}", params=None)
    if is_postgresql:
        schema_editor.execute("DROP FUNCTION library_refuse_change()", params=None)


class Migration(migrations.Migration):
    dependencies = [("library", "0001_tables")]

    operations = [migrations.RunPython(freeze, thaw)]
