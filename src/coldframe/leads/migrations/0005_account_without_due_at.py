from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0004_due_accounts_carried_over"),
    ]

    operations = [migrations.RemoveField(model_name="account", name="due_at")]
