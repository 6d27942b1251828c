"""A search finds who is known by an address at a domain alone, at any size of the base."""

from django.db import migrations, models

import coldframe.storage.prefixes


class Migration(migrations.Migration):
    dependencies = [("leads", "0012_concluded_merges")]

    operations = [
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                coldframe.storage.prefixes.FoldedDomain("email"), "id", name="lead_email_domain_begins"
            ),
        ),
    ]
