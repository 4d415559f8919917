from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('realtime', '0008_refusals'),
    ]

    operations = [
        migrations.AddField(
            model_name='webprocess',
            name='drained_at',
            field=models.DateTimeField(blank=True, help_text='When it asked its clients to come back.', null=True),
        ),
    ]
