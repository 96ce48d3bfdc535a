"""Records of what is sent: alerts, status reports, and the channels and servers they leave by."""
