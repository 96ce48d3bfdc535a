"""What a person touches: for now the way in, under a name that no other project has."""
