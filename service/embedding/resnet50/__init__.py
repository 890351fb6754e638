"""The visual encoder: ResNet50 by torchvision."""
