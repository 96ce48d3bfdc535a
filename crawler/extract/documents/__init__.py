"""From the bytes of an answer to a document: unpacking, decoding, parsing."""
