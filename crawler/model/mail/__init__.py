"""What leaves the house: alerts, status reports, and the channels and servers they leave by."""
