"""The models of answers, and what requests share with them: what goes over the wire."""
