"""The families of features, one file a family."""
