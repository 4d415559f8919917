
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0015_service_minutes'),
    ]

    operations = [
        migrations.CreateModel(
            name='OperatorAct',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('verb', models.CharField(max_length=32)),
                ('via', models.CharField(choices=[('admin', 'Admin'), ('command', 'Command')], max_length=8, verbose_name='channel')),
                ('actor', models.CharField(help_text='A user of the admin, or the user and host of a command.', max_length=255, verbose_name='by')),
                ('actor_key', models.CharField(blank=True, default='', help_text="The key of the admin's user.", max_length=64)),
                ('target', models.CharField(help_text='What it was done to: a filter, an id, a name.', max_length=500)),
                ('detail', models.CharField(blank=True, default='', max_length=255)),
                ('selection', models.JSONField(default=dict, help_text='The requests that it is about.')),
                ('argument', models.PositiveIntegerField(help_text='The new priority.', null=True)),
                ('total', models.PositiveIntegerField(help_text='As counted before; an act on a filter may meet others.', null=True)),
                ('is_total_least', models.BooleanField(default=False, help_text='There were more than were counted.')),
                ('counts', models.JSONField(default=dict, help_text='Outcome → number.')),
                ('made', models.JSONField(default=list, help_text='The first of the new requests.')),
                ('place', models.JSONField(help_text='The last request that was reached.', null=True)),
                ('begun_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('finished_at', models.DateTimeField(null=True)),
                ('is_stopped', models.BooleanField(default=False, help_text='It ended before it had reached all.')),
                ('lease_until', models.DateTimeField(null=True)),
                ('lease_token', models.UUIDField(null=True)),
            ],
            options={
                'verbose_name': 'act',
                'ordering': ['-begun_at', '-id'],
                'indexes': [models.Index(fields=['-begun_at', '-id'], name='newest_acts'), models.Index(fields=['target', '-begun_at'], name='acts_on_target'), models.Index(condition=models.Q(('finished_at__isnull', True)), fields=['begun_at'], name='unfinished_acts')],
            },
        ),
    ]
