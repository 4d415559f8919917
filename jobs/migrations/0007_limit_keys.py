
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0006_bulk_bytes'),
    ]

    operations = [
        migrations.AddField(
            model_name='asyncrequest',
            name='limit_key',
            field=models.CharField(blank=True, help_text="What its handler's limits count by. None: no limit holds.", max_length=64, null=True),
        ),
        migrations.CreateModel(
            name='LimitedStart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('limit_key', models.CharField(max_length=64)),
                ('started_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['started_at', 'limit_key'], name='limited_starts')],
            },
        ),
    ]
