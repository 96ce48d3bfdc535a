"""The home: it packs what is due into bundles, replays what workers say, and takes back what dead ones had."""
