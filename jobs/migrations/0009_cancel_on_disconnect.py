from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0008_daily_usage'),
    ]

    operations = [
        migrations.AddField(
            model_name='asyncrequest',
            name='cancel_on_disconnect',
            field=models.BooleanField(db_default=False, default=False, help_text='With its connection.'),
        ),
        migrations.AddIndex(
            model_name='asyncrequest',
            index=models.Index(condition=models.Q(('finished_at__isnull', True), ('cancel_on_disconnect', True)), fields=['connection_id'], name='requests_on_disconnect'),
        ),
    ]
