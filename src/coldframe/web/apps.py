from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "coldframe.web"
    label = "web"
