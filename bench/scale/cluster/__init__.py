"""What an article and a visit cost the home and the workers of a cluster, and the same beside an earlier commit."""
