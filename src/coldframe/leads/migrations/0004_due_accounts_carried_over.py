"""What accounts are due for is kept by ``AccountDue`` alone; what their own column says is carried over."""

from django.db import migrations

CARRY_OVER = """
    INSERT INTO leads_accountdue (account_id, due_at, stamp, token)
    SELECT id, due_at, 1, 0 FROM leads_account
     WHERE due_at IS NOT NULL AND id NOT IN (SELECT account_id FROM leads_accountdue)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0003_consents_pauses_and_erasures"),
    ]

    operations = [migrations.RunSQL(CARRY_OVER, migrations.RunSQL.noop)]
