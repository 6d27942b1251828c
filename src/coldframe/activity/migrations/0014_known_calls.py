"""Calls that nothing dates but their coming are remembered, so that a repeat is the one of then."""

from django.db import migrations, models

import coldframe.storage.instants


class Migration(migrations.Migration):
    dependencies = [("activity", "0013_former_keys")]

    operations = [
        migrations.CreateModel(
            name="KnownCall",
            fields=[
                ("key", models.BinaryField(max_length=16, primary_key=True, serialize=False)),
                ("occurred_at", coldframe.storage.instants.InstantField()),
                ("noted_at", coldframe.storage.instants.InstantField(db_index=True)),
            ],
        ),
    ]
