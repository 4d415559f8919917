
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0007_limit_keys'),
    ]

    operations = [
        migrations.CreateModel(
            name='TenantQuota',
            fields=[
                ('tenant_id', models.CharField(max_length=128, primary_key=True, serialize=False, verbose_name='tenant')),
                ('requests', models.PositiveBigIntegerField(blank=True, help_text='Empty: as the settings say. 0: none.', null=True)),
                ('worker_seconds', models.PositiveBigIntegerField(blank=True, help_text='As above.', null=True)),
                ('bytes_written', models.PositiveBigIntegerField(blank=True, help_text='As above.', null=True)),
            ],
            options={
                'verbose_name': 'daily quota of a tenant',
                'verbose_name_plural': 'daily quotas of tenants',
                'ordering': ['tenant_id'],
            },
        ),
        migrations.CreateModel(
            name='DailyUsage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tenant_id', models.CharField(max_length=128, verbose_name='tenant')),
                ('day', models.DateField(help_text='In UTC.')),
                ('requests', models.PositiveBigIntegerField(default=0, help_text='Stored; inline ones are not counted.')),
                ('worker_seconds', models.FloatField(default=0)),
                ('bytes_written', models.BigIntegerField(default=0)),
                ('refused', models.PositiveBigIntegerField(default=0, help_text='Requests that a limit kept from being stored.')),
            ],
            options={
                'verbose_name_plural': 'daily usage',
                'ordering': ['-day', 'tenant_id'],
                'indexes': [models.Index(fields=['-day', 'tenant_id'], name='usage_by_day')],
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'day'), name='one_usage_per_day')],
            },
        ),
        migrations.CreateModel(
            name='UsageEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tenant_id', models.CharField(max_length=128)),
                ('day', models.DateField(help_text='In UTC.')),
                ('requests', models.PositiveIntegerField(default=0)),
                ('worker_seconds', models.FloatField(default=0)),
                ('bytes_written', models.BigIntegerField(default=0)),
                ('refused', models.PositiveIntegerField(default=0)),
            ],
            options={
                'verbose_name_plural': 'usage entries',
                'indexes': [models.Index(fields=['tenant_id', 'day'], name='usage_entries_of_tenant')],
            },
        ),
    ]
