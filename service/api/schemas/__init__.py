"""The models of answers, and the definitions that requests share with them."""
