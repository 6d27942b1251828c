from django.apps import AppConfig


class NurtureConfig(AppConfig):
    name = "coldframe.nurture"
    label = "nurture"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have what this app keeps of leads follow when they become one, or move."""
        from coldframe.leads import merging
        from coldframe.nurture import joining

        merging.register(joining.FOLLOWER)
