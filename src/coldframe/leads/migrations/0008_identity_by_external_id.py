"""A search knows an external id, and not whose it is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0007_retention_reviews"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="identity",
            index=models.Index(fields=["external_id"], name="identity_external"),
        ),
    ]
