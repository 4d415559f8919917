
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('realtime', '0007_topics'),
    ]

    operations = [
        migrations.AddField(
            model_name='webprocess',
            name='refused',
            field=models.JSONField(blank=True, help_text='Refusals since its start, by limit, at its last heartbeat.', null=True),
        ),
    ]
