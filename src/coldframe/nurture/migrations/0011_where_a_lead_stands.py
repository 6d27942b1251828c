"""The group of a lead is kept with its standing: lists of one are read in order, whatever settled it."""

from django.db import migrations, models
from django.db.models import Case, Value, When


class Migration(migrations.Migration):
    dependencies = [
        ("nurture", "0010_no_index_twice"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="standing", name="standing_disposition"),
        migrations.AddField(
            model_name="standing",
            name="group",
            field=models.GeneratedField(
                db_persist=True,
                expression=Case(
                    When(status="SALES_ACCEPTED", then=Value("with-sales")),
                    When(status="SALES_REVIEW", then=Value("to-sales")),
                    When(status="DISQUALIFIED", then=Value("let-go")),
                    When(disposition="TO_SALES", then=Value("to-sales")),
                    default=Value("nurture"),
                    output_field=models.CharField(),
                ),
                output_field=models.CharField(max_length=16),
            ),
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(fields=["group", "-intent_points", "lead"], name="standing_group"),
        ),
    ]
