"""The queue in front of the models, batches and forward passes."""
