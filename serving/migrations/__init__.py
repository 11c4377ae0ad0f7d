"""The store's schema, step by step. Alembic runs these; ``serving.tables`` says where they lead."""
