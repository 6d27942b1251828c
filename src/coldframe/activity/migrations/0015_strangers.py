"""Calls with keys that are nobody's are counted."""

from django.db import migrations, models

import coldframe.storage.instants


class Migration(migrations.Migration):
    dependencies = [("activity", "0014_known_calls")]

    operations = [
        migrations.CreateModel(
            name="Stranger",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("word", models.CharField(max_length=32, unique=True)),
                ("count", models.BigIntegerField()),
                ("first_at", coldframe.storage.instants.InstantField()),
                ("last_at", coldframe.storage.instants.InstantField()),
            ],
        ),
    ]
