"""A contact that is deleted is looked up among the logins: without an index, each cost a scan of all of them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0010_matching")]

    operations = [
        migrations.AddIndex(
            model_name="login",
            index=models.Index(fields=["contact"], name="logins_by_contact", condition=models.Q(contact__isnull=False)),
        ),
    ]
