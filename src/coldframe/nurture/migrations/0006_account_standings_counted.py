"""What the standings of each account come to, counted once; decisions keep it from now on."""

from django.db import migrations

COUNT = """
    INSERT INTO nurture_accountstanding
      (account_id, intent_points, fit_level, last_meaningful_at, lead_count, engaged_count, with_sales_count, nurture_count)
    SELECT l.account_id, MAX(s.account_intent_points), MIN(s.fit_level), MAX(s.last_meaningful_at), COUNT(*),
           SUM(CASE WHEN s.intent_level IN ('HIGH', 'MEDIUM') THEN 1 ELSE 0 END),
           SUM(CASE WHEN s.status IN ('SALES_REVIEW', 'SALES_ACCEPTED') THEN 1 ELSE 0 END),
           SUM(CASE WHEN s.status IN ('NURTURE', 'RE_ENGAGED') THEN 1 ELSE 0 END)
      FROM leads_lead l JOIN nurture_standing s ON s.lead_id = l.id
     WHERE l.voided_at IS NULL AND l.account_id NOT IN (SELECT account_id FROM nurture_accountstanding)
     GROUP BY l.account_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("nurture", "0005_bulk_changes_saved_filters_and_accounts"),
    ]

    operations = [migrations.RunSQL(COUNT, migrations.RunSQL.noop)]
