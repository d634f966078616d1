"""Reading: from the publisher's files to a Publication, its Stories and its Editions, every fault with its place."""
