"""How far a key has used its rate."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_data_in")]

    operations = [
        migrations.AddField(
            "apikey",
            "busy_until",
            models.DateTimeField(help_text="the calls let in so far, at their spacing, end here", null=True),
        )
    ]
