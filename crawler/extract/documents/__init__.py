"""From bytes to a document: unpacked, decoded, parsed."""
