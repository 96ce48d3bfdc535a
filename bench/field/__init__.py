"""Small sites that other tools' users reported, visited by several readers."""
