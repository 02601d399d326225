import django.contrib.postgres.fields
import django.core.serializers.json
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '__first__'),
        ('customers', '0013_coupons_of_purchases'),
        ('metrics', '0004_rfm_flow'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='churnrollup',
            name='one_churn_a_group',
        ),
        migrations.RemoveConstraint(
            model_name='cohortrollup',
            name='one_cohort_a_month',
        ),
        migrations.AddField(
            model_name='churnrollup',
            name='joined',
            field=models.IntegerField(db_default=0, default=0, help_text='active at the end, never before the period'),
        ),
        migrations.AddField(
            model_name='churnrollup',
            name='second',
            field=models.CharField(blank=True, db_default='', default='', help_text='the other dimension', max_length=10),
        ),
        migrations.AddField(
            model_name='churnrollup',
            name='second_group',
            field=models.CharField(blank=True, db_default='', default='', max_length=200),
        ),
        migrations.AddField(
            model_name='churnrollup',
            name='won_back',
            field=models.IntegerField(db_default=0, default=0, help_text='active at the end, not at the start, but before'),
        ),
        migrations.AddField(
            model_name='cohortrollup',
            name='kind',
            field=models.CharField(blank=True, db_default='', default='', help_text="'' = as the policy has it", max_length=10),
        ),
        migrations.AddField(
            model_name='cohortrollup',
            name='months',
            field=models.PositiveSmallIntegerField(db_default=1, default=1, help_text='of a period: 1 or 3'),
        ),
        migrations.AddField(
            model_name='cohortrollup',
            name='retained_after',
            field=models.IntegerField(help_text='there in that period or a later one', null=True),
        ),
        migrations.AddField(
            model_name='cohortrollup',
            name='revenue',
            field=models.DecimalField(decimal_places=2, help_text='net, in that period', max_digits=20, null=True),
        ),
        migrations.AddField(
            model_name='fill',
            name='seconds',
            field=models.FloatField(help_text='what it took', null=True),
        ),
        migrations.AlterField(
            model_name='churnrollup',
            name='months',
            field=models.PositiveSmallIntegerField(help_text='1, 3, 6 or 12'),
        ),
        migrations.AlterField(
            model_name='cohortrollup',
            name='cohort',
            field=models.DateField(help_text='first day of the month or quarter'),
        ),
        migrations.AlterField(
            model_name='cohortrollup',
            name='month',
            field=models.PositiveSmallIntegerField(help_text='which period after it, 0 the same'),
        ),
        migrations.AddConstraint(
            model_name='churnrollup',
            constraint=models.UniqueConstraint(fields=('months', 'dimension', 'second', 'first', 'group', 'second_group'), name='one_churn_a_group'),
        ),
        migrations.AddConstraint(
            model_name='cohortrollup',
            constraint=models.UniqueConstraint(fields=('kind', 'months', 'cohort', 'month'), name='one_cohort_a_month'),
        ),
        migrations.CreateModel(
            name='Schedule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('every', models.CharField(choices=[('month', 'every month'), ('week', 'every week')], default='month', max_length=5, verbose_name='how often')),
                ('day', models.PositiveSmallIntegerField(default=1, help_text='1–28 of the month, or 1 (Monday) – 7', verbose_name='day')),
                ('hour', models.PositiveSmallIntegerField(default=9, verbose_name='hour')),
                ('formats', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=4), default=list, help_text='pdf, xlsx', size=None, verbose_name='files')),
                ('language', models.CharField(default='ja', max_length=5, verbose_name='language')),
                ('is_on', models.BooleanField(default=True, verbose_name='on')),
                ('since', models.DateTimeField(help_text='what was due before is not made up for')),
                ('version', models.PositiveIntegerField(default=1)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('recipients', models.ManyToManyField(related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='to')),
            ],
        ),
        migrations.CreateModel(
            name='AcquisitionCost',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(help_text='first day', verbose_name='month')),
                ('via', models.CharField(blank=True, default='', max_length=100, verbose_name='acquired via')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='cost')),
                ('set_at', models.DateTimeField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('month', 'via'), name='one_cost_a_month_and_way'), models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='a_cost_is_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Annotation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField(verbose_name='day')),
                ('text', models.CharField(max_length=100, verbose_name='what happened')),
                ('metric', models.CharField(blank=True, default='', help_text='empty: on every chart', max_length=20, verbose_name='figure')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['on'], name='annotations_by_day')],
            },
        ),
        migrations.CreateModel(
            name='Closing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(help_text='first day')),
                ('figures', models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder, help_text='by metric key; amounts as texts')),
                ('lost', models.JSONField(default=list, help_text='ids of the lost, so that later differences have names')),
                ('closed_at', models.DateTimeField()),
                ('reopened_at', models.DateTimeField(null=True)),
                ('reason', models.CharField(blank=True, default='', help_text='of reopening', max_length=200)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reopened_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('reopened_at', None)), fields=('month',), name='one_closing_a_month')],
            },
        ),
        migrations.CreateModel(
            name='FirstDay',
            fields=[
                ('customer', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='customers.customer')),
                ('bought_on', models.DateField(null=True)),
                ('signed_on', models.DateField(null=True)),
                ('logged_in_on', models.DateField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['bought_on'], name='first_days_by_purchase'), models.Index(fields=['signed_on'], name='first_days_by_contract')],
            },
        ),
        migrations.CreateModel(
            name='Goal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('metric', models.CharField(max_length=20, verbose_name='figure')),
                ('since', models.DateField(help_text='first day of a month', verbose_name='from month')),
                ('value', models.DecimalField(decimal_places=2, help_text='empty: no goal', max_digits=16, null=True, verbose_name='goal')),
                ('set_at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('metric', 'since'), name='one_goal_a_month')],
            },
        ),
        migrations.CreateModel(
            name='MovementRollup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first', models.DateField(help_text='first day of the period')),
                ('months', models.PositiveSmallIntegerField(help_text='1, 3, 6 or 12')),
                ('dimension', models.CharField(blank=True, default='', max_length=10)),
                ('group', models.CharField(blank=True, default='', help_text="the value at the period's start", max_length=200)),
                ('customers', models.IntegerField(help_text='under contract at the start')),
                ('at_start', models.DecimalField(decimal_places=2, max_digits=20)),
                ('new', models.DecimalField(decimal_places=2, max_digits=20)),
                ('reactivated', models.DecimalField(decimal_places=2, max_digits=20)),
                ('expansion', models.DecimalField(decimal_places=2, max_digits=20)),
                ('contraction', models.DecimalField(decimal_places=2, max_digits=20)),
                ('churned', models.DecimalField(decimal_places=2, max_digits=20)),
                ('paused', models.DecimalField(decimal_places=2, help_text='pausing at the end, within the other sums', max_digits=20)),
                ('at_end', models.DecimalField(decimal_places=2, max_digits=20)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('months', 'dimension', 'first', 'group'), name='one_movement_a_group')],
            },
        ),
        migrations.CreateModel(
            name='ReportMail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_at', models.DateTimeField()),
                ('period', models.CharField(help_text='code of the month reported', max_length=10)),
                ('state', models.CharField(choices=[('pending', 'waiting'), ('sending', 'being sent'), ('accepted', 'sent'), ('failed', 'failed'), ('unknown', 'not known')], default='pending', max_length=10)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_at', models.DateTimeField(help_text='not before; after something passing', null=True)),
                ('lease_until', models.DateTimeField(null=True)),
                ('error', models.CharField(blank=True, default='', max_length=300)),
                ('sent_at', models.DateTimeField(null=True)),
                ('recipient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('schedule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mails', to='metrics.schedule')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state__in', ['pending', 'sending'])), fields=['due_at'], name='report_mails_open')],
                'constraints': [models.UniqueConstraint(fields=('schedule', 'due_at', 'recipient'), name='one_report_mail')],
            },
        ),
        migrations.CreateModel(
            name='RevenueSpell',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_on', models.DateField()),
                ('until_on', models.DateField(help_text='last day')),
                ('mrr', models.DecimalField(decimal_places=2, max_digits=20)),
                ('paused', models.DecimalField(decimal_places=2, default=0, help_text='the part of it that pauses', max_digits=20)),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.customer')),
            ],
            options={
                'indexes': [models.Index(fields=['until_on', 'customer'], name='revenue_spells_by_end')],
                'constraints': [models.UniqueConstraint(fields=('customer', 'from_on'), name='one_revenue_a_start')],
            },
        ),
        migrations.CreateModel(
            name='Spell',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_on', models.DateField()),
                ('until_on', models.DateField(help_text='the last day at whose end he was active')),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.customer')),
            ],
            options={
                'indexes': [models.Index(fields=['until_on', 'customer'], name='spells_by_end')],
                'constraints': [models.UniqueConstraint(fields=('customer', 'from_on'), name='one_spell_a_start')],
            },
        ),
        migrations.CreateModel(
            name='Stale',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(help_text='purchases, logins, contracts, activity, values …', max_length=10)),
                ('month', models.DateField(help_text='first day of the month; months after it where `onward`')),
                ('onward', models.BooleanField(db_default=False, default=False, help_text='and every month after it')),
            ],
        ),
    ]
