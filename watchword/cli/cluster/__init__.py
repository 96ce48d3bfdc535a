"""Commands about workers on other machines: ``watchword worker`` and ``watchword cluster``."""
