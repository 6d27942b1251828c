from django.apps import AppConfig


class ActivityConfig(AppConfig):
    name = "coldframe.activity"
    label = "activity"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have what this app keeps of leads follow when they become one, or move."""
        from coldframe.activity import joining
        from coldframe.leads import merging

        merging.register(joining.FOLLOWER)
