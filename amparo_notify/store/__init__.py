"""The store: rows, locks and encryption on SQLite and PostgreSQL. Nothing here decides anything."""
