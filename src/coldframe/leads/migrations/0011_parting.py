"""A merge says whether calls concluded it, and an opt-out that was lifted which one it was, so that both can be gone back on."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0010_rows_known_by_the_key_they_share")]

    operations = [
        migrations.AddField(
            model_name="merge", name="is_concluded", field=models.BooleanField(default=False)
        ),
        migrations.AddField(
            model_name="liftedsuppression", name="suppression_id", field=models.BigIntegerField(null=True)
        ),
    ]
