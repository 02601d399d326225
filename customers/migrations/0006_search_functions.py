"""Search and sort forms as functions, so that a row is written with them at once; fewer indexes on sparse columns.

The texts are those of customers/searching.py; a test holds them equal. Should they change, a new migration replaces
the functions and rewrites the rows.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FUNCTIONS = r"""
CREATE FUNCTION customers_search_form(words text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $body$
    SELECT regexp_replace(
        regexp_replace(
            translate(
                lower(normalize(words, NFKC)),
                'ぁあぃいぅうぇえぉおかがきぎくぐけげこごさざしじすずせぜそぞただちぢっつづてでとどなにぬねのはばぱひびぴふぶぷへべぺほぼぽまみむめもゃやゅゆょよらりるれろゎわゐゑをんゔゕゖ髙﨑德濵邉邊齋齊斎澤嶋國廣櫻',
                'ァアィイゥウェエォオカガキギクグケゲコゴサザシジスズセゼソゾタダチヂッツヅテデトドナニヌネノハバパヒビピフブプヘベペホボポマミムメモャヤュユョヨラリルレロヮワヰヱヲンヴヵヶ高崎徳浜辺辺斉斉斉沢島国広桜'
            ),
            '株式会社|有限会社|合同会社|合資会社|合名会社|一般社団法人|一般財団法人|公益社団法人|公益財団法人|医療法人|社会福祉法人|学校法人|[(](?:株|有|同|資|名|社|財|医|福|学)[)]', '', 'g'
        ),
        '[-\s‐–−ー・.,、。()/_''\"&]+', '', 'g'
    )
$body$;
CREATE FUNCTION customers_sort_form(words text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $body$
    SELECT left(translate(
        btrim(regexp_replace(
            regexp_replace(lower(normalize(words, NFKC)), '株式会社|有限会社|合同会社|合資会社|合名会社|一般社団法人|一般財団法人|公益社団法人|公益財団法人|医療法人|社会福祉法人|学校法人|[(](?:株|有|同|資|名|社|財|医|福|学)[)]', '', 'g'),
            '^(?:カブシキガイシャ|カブシキガイシヤ|ユウゲンガイシャ|ユウゲンガイシヤ|ゴウドウガイシャ|ゴウドウガイシヤ)', ''
        )),
        'ぁあぃいぅうぇえぉおかがきぎくぐけげこごさざしじすずせぜそぞただちぢっつづてでとどなにぬねのはばぱひびぴふぶぷへべぺほぼぽまみむめもゃやゅゆょよらりるれろゎわゐゑをんゔゕゖァアィイゥウェエォオカガキギクグケゲコゴサザシジスズセゼソゾタダチヂッツヅテデトドナニヌネノハバパヒビピフブプヘベペホボポマミムメモャヤュユョヨラリルレロヮワヰヱヲンヴヵヶ',
        'ああいいううええおおかかききくくけけここささししすすせせそそたたちちつつつててととなにぬねのはははひひひふふふへへへほほほまみむめもややゆゆよよらりるれろわわゐゑをんうかけああいいううええおおかかききくくけけここささししすすせせそそたたちちつつつててととなにぬねのはははひひひふふふへへへほほほまみむめもややゆゆよよらりるれろわわゐゑをんうかけ'
    ), 200)
$body$;
"""
NO_FUNCTIONS = "DROP FUNCTION customers_search_form(text); DROP FUNCTION customers_sort_form(text);"


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0005_import_staging'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.AlterField(
            model_name='customer',
            name='deputy',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='deputy'),
        ),
        migrations.AlterField(
            model_name='customer',
            name='merged_into',
            field=models.ForeignKey(blank=True, db_index=False, help_text='always the one that stands', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='customers.customer'),
        ),
        migrations.AlterField(
            model_name='customer',
            name='owner',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='customers', to=settings.AUTH_USER_MODEL, verbose_name='owner'),
        ),
        migrations.AlterField(
            model_name='customer',
            name='parent',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='branches', to='customers.customer', verbose_name='parent company'),
        ),
        migrations.AlterField(
            model_name='customer',
            name='sales_owner',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='sales owner'),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(condition=models.Q(('parent__isnull', False)), fields=['parent'], name='customers_branches'),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(condition=models.Q(('sales_owner__isnull', False)), fields=['sales_owner'], name='customers_by_sales_owner'),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(condition=models.Q(('deputy__isnull', False)), fields=['deputy'], name='customers_by_deputy'),
        ),
    ]
