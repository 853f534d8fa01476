from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hub", "0002_task_record"),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="meta",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
    ]
