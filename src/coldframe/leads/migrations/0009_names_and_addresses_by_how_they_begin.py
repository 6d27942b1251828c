"""A search finds people and companies by how their names and addresses begin, at any size of the base."""

from django.db import migrations, models

import coldframe.storage.prefixes


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0008_identity_by_external_id"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="account",
            index=models.Index(coldframe.storage.prefixes.Folded("name"), name="account_name_begins"),
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(coldframe.storage.prefixes.Folded("domain"), name="account_domain_begins"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(coldframe.storage.prefixes.Folded("email"), name="lead_email_begins"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(coldframe.storage.prefixes.Folded("last_name"), name="lead_last_name_begins"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                coldframe.storage.prefixes.Folded("first_name"), name="lead_first_name_begins"
            ),
        ),
    ]
