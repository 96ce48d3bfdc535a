"""Who gets in: visitors and what they may see, the owner's password, a proxy's word, secret feed addresses, cookies."""
