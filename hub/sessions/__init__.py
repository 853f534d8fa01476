"""Sessions: what a client of the Centrifugo protocol and the server say to each other, over any transport."""
