
import django.db.models.expressions
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('realtime', '0006_revocations'),
    ]

    operations = [
        migrations.CreateModel(
            name='Topic',
            fields=[
                ('name', models.CharField(editable=False, max_length=255, primary_key=True, serialize=False)),
                ('last_seq', models.PositiveIntegerField(default=0)),
                ('first_seq', models.PositiveIntegerField(default=1, help_text='All messages below were deleted.')),
                ('keep_messages', models.PositiveIntegerField(help_text='The most messages that are kept.')),
                ('tenant_id', models.CharField(blank=True, help_text='Of the client that published first; empty if it was no client.', max_length=128)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('tenant_id', ''), _negated=True), fields=['tenant_id'], name='topics_of_tenant'), models.Index(condition=models.Q(('last_seq__gte', django.db.models.expressions.CombinedExpression(models.F('first_seq'), '+', models.F('keep_messages')))), fields=['name'], name='topics_with_too_many')],
            },
        ),
        migrations.CreateModel(
            name='TopicMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('topic', models.CharField(max_length=255)),
                ('user_id', models.CharField(max_length=150)),
                ('server', models.CharField(help_text='The web process that holds the sockets.', max_length=128)),
                ('since', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'indexes': [models.Index(fields=['server'], name='topic_members_of_process')],
                'constraints': [models.UniqueConstraint(fields=('topic', 'user_id', 'server'), name='one_member_per_process')],
            },
        ),
        migrations.CreateModel(
            name='TopicMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('topic', models.CharField(max_length=255)),
                ('seq', models.PositiveIntegerField()),
                ('data', models.TextField(help_text='JSON, as it is sent.')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField(help_text='None: only later messages displace it.', null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('expires_at__isnull', False)), fields=['expires_at'], name='topic_messages_that_expire')],
                'constraints': [models.UniqueConstraint(fields=('topic', 'seq'), name='one_topic_message_per_number')],
            },
        ),
    ]
