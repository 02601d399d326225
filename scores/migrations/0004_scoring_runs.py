from django.db import migrations, models


def remember_the_last_run(apps, schema_editor):
    fit = apps.get_model("scores", "ModelFit").objects.order_by("-as_of").first()
    if fit is not None:
        apps.get_model("scores", "ScoringRun").objects.create(
            as_of=fit.as_of, customers=fit.customers, state="done", started_at=fit.fitted_at, finished_at=fit.fitted_at
        )


class Migration(migrations.Migration):

    dependencies = [
        ('scores', '0003_room_for_large_sums'),
    ]

    operations = [
        migrations.CreateModel(
            name='ScoringRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('as_of', models.DateField()),
                ('covers', models.CharField(choices=[('everybody', 'everybody'), ('touched', 'customers whose facts changed')], default='everybody', max_length=10)),
                ('customers', models.IntegerField(default=0, help_text='whose activity was computed')),
                ('changed', models.IntegerField(default=0, help_text='rows of activity, scores and predictions written')),
                ('state', models.CharField(choices=[('running', 'Running'), ('done', 'Done'), ('failed', 'Failed'), ('died', 'Broken off')], default='running', max_length=10)),
                ('error', models.CharField(blank=True, default='', max_length=500)),
                ('started_at', models.DateTimeField(help_text='facts known then are in the scores')),
                ('finished_at', models.DateTimeField(null=True)),
                ('seconds', models.FloatField(null=True)),
                ('settings', models.CharField(blank=True, default='', help_text='hash of what activity depends on', max_length=16)),
            ],
            options={
                'indexes': [models.Index(fields=['state', '-id'], name='scoring_runs_by_state')],
            },
        ),
        migrations.RunPython(remember_the_last_run, migrations.RunPython.noop),
    ]
