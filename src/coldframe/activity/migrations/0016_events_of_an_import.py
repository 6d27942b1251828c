"""The events of an import are found without looking at all others."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("activity", "0015_strangers")]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("batch__isnull", False)), fields=["batch", "lead"], name="event_of_import"
            ),
        ),
    ]
