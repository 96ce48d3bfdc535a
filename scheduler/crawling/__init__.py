"""The crawl process seen from the daemon: started, listened to, judged, replaced."""
