"""All drawn goods: the shaded ones of the sample catalogue, and sketched ones for training."""
