"""What a person touches: the command line, the demo and the web pages, under a name that no other project has."""
