"""Behaviour tables: what was known of a customer at a moment."""
