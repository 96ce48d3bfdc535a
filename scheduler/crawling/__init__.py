"""The crawl process as the daemon sees it: started, listened to, judged, replaced."""
