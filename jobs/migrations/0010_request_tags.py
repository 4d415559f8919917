import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0009_cancel_on_disconnect'),
    ]

    operations = [
        # It may be null, so that no database writes the table anew.
        migrations.AddField(
            model_name='asyncrequest',
            name='tags',
            field=models.JSONField(blank=True, help_text='Texts by which its user finds it. None: there are none.', null=True),
        ),
        migrations.CreateModel(
            name='RequestTag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tag', models.CharField(max_length=64)),
                ('tenant_id', models.CharField(max_length=128)),
                ('user_id', models.CharField(max_length=150)),
                ('created_at', models.DateTimeField()),
                ('request', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='jobs.asyncrequest')),
            ],
            options={
                'indexes': [
                    models.Index(fields=['tenant_id', 'user_id', 'tag', '-created_at', '-request'], name='tagged_of_user'),
                    models.Index(fields=['tenant_id', 'tag', '-created_at', '-request'], name='tagged_of_tenant'),
                    models.Index(fields=['tag', '-created_at', '-request'], name='newest_tagged'),
                ],
                'constraints': [models.UniqueConstraint(fields=('request', 'tag'), name='one_row_per_tag')],
            },
        ),
    ]
