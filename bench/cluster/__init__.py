"""What a cluster costs beside the visits themselves."""
