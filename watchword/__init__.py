"""What a person touches: the command line, ``doctor``, the demo and the web pages."""
