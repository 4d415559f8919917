"""The trace of a request. The column may be empty, so processes of before can go on inserting."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0016_operator_acts")]

    operations = [
        migrations.AddField(
            model_name="asyncrequest",
            name="trace",
            field=models.CharField(
                blank=True,
                editable=False,
                help_text="The span that it was submitted in, as a traceparent.",
                max_length=55,
                null=True,
            ),
        ),
    ]
