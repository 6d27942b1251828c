"""A foreign key has an index of its own; a second one over the same column was written with every row and never read."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("nurture", "0009_who_waits_for_room"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="enrollment", name="enrollment_account"),
        migrations.RemoveIndex(model_name="touch", name="touch_account"),
        migrations.RemoveIndex(model_name="touch", name="touch_cycle"),
    ]
