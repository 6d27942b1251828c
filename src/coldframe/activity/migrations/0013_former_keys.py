"""Keys that a source had before, so that calls which still carry one are counted where they belong."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("activity", "0012_events_read_by_account")]

    operations = [
        migrations.AddField(model_name="source", name="former_keys", field=models.JSONField(default=list)),
    ]
