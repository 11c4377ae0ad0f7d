"""The models, one file a model, each with its paper's symbols."""
