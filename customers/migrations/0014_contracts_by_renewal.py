"""Terms due for renewal in a period, and trials begun in one, are found without reading every contract."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("customers", "0013_coupons_of_purchases")]

    operations = [
        migrations.AddIndex(
            model_name="contract",
            index=models.Index(
                fields=["renews_on"], name="contracts_by_renewal", condition=Q(renews_on__isnull=False)
            ),
        ),
        migrations.AddIndex(
            model_name="contract",
            index=models.Index(fields=["starts_on"], name="contracts_unpaid", condition=Q(is_trial=True) | Q(mrr=0)),
        ),
    ]
