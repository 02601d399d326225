"""A line of an order may name the coupon it was bought with."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("customers", "0012_line_and_zone_of_contacts")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE import_staged ADD COLUMN coupon_code text",
            "ALTER TABLE import_staged DROP COLUMN coupon_code",
        ),
    ]
