from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("nurture", "0003_touches_and_holds"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="enrollment",
            index=models.Index(
                condition=models.Q(("released_at__isnull", False)),
                fields=["released_at"],
                name="enrollment_released",
            ),
        ),
    ]
