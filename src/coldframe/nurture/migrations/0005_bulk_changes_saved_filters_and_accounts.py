"""Changes of many leads at once, saved filters and chosen columns; what the standings of accounts come to."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

import coldframe.storage.instants


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0008_identity_by_external_id"),
        ("nurture", "0004_enrollment_released"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccountStanding",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="standing",
                        serialize=False,
                        to="leads.account",
                    ),
                ),
                ("intent_points", models.FloatField()),
                ("fit_level", models.CharField(max_length=1)),
                ("last_meaningful_at", coldframe.storage.instants.InstantField(null=True)),
                ("lead_count", models.IntegerField()),
                ("engaged_count", models.IntegerField()),
                ("with_sales_count", models.IntegerField()),
                ("nurture_count", models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="BulkChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("what", models.CharField(max_length=8)),
                ("query", models.TextField()),
                ("path", models.CharField(max_length=80, null=True)),
                ("until", coldframe.storage.instants.InstantField(null=True)),
                ("reason", models.CharField(max_length=255)),
                ("made_by", models.CharField(max_length=150)),
                ("made_at", coldframe.storage.instants.InstantField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("RUNNING", "Running"),
                            ("DONE", "Done"),
                            ("UNDOING", "Undoing"),
                            ("UNDONE", "Undone"),
                        ],
                        default="RUNNING",
                        max_length=8,
                    ),
                ),
                ("lead_count", models.IntegerField()),
                ("changed_count", models.IntegerField(default=0)),
                ("position", models.BigIntegerField(default=0)),
                ("undone_by", models.CharField(default="", max_length=150)),
                ("undone_at", coldframe.storage.instants.InstantField(null=True)),
                ("undone_count", models.IntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="ListColumns",
            fields=[
                ("owner", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("columns", models.JSONField(default=list)),
            ],
        ),
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("owner", models.CharField(blank=True, default="", max_length=32)),
                ("owner_name", models.CharField(max_length=150)),
                ("name", models.CharField(max_length=80)),
                ("query", models.TextField(blank=True, default="")),
                ("is_shared", models.BooleanField(default=False)),
                ("saved_at", coldframe.storage.instants.InstantField()),
            ],
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(fields=["-last_meaningful_at", "account"], name="standing_active"),
        ),
        migrations.AddIndex(
            model_name="accountstanding",
            index=models.Index(fields=["-intent_points", "account"], name="accountstanding_intent"),
        ),
        migrations.AddIndex(
            model_name="accountstanding",
            index=models.Index(
                fields=["-engaged_count", "-intent_points", "account"], name="accountstanding_engaged"
            ),
        ),
        migrations.AddIndex(
            model_name="accountstanding",
            index=models.Index(
                fields=["-lead_count", "-intent_points", "account"], name="accountstanding_leads"
            ),
        ),
        migrations.AddIndex(
            model_name="accountstanding",
            index=models.Index(fields=["-last_meaningful_at", "account"], name="accountstanding_active"),
        ),
        migrations.AddIndex(
            model_name="accountstanding",
            index=models.Index(
                condition=models.Q(("with_sales_count__gt", 0)),
                fields=["-intent_points", "account"],
                name="accountstanding_with_sales",
            ),
        ),
        migrations.AddIndex(
            model_name="bulkchange",
            index=models.Index(fields=["-made_at"], name="bulkchange_at"),
        ),
        migrations.AddField(
            model_name="override",
            name="lifted_in",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lifted",
                to="nurture.bulkchange",
            ),
        ),
        migrations.AddField(
            model_name="override",
            name="set_in",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="set",
                to="nurture.bulkchange",
            ),
        ),
        migrations.AddConstraint(
            model_name="savedfilter",
            constraint=models.UniqueConstraint(fields=("owner", "name"), name="savedfilter_name"),
        ),
    ]
