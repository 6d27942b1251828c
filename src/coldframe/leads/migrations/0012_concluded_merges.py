"""Merges that calls have concluded so far are marked as such."""

from django.db import migrations


def mark(apps, schema_editor):
    apps.get_model("leads", "Merge").objects.filter(decided_by="calls").update(is_concluded=True)


class Migration(migrations.Migration):
    dependencies = [("leads", "0011_parting")]

    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]
