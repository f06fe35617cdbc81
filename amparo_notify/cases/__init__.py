"""The application: one file, one verb. Cases open the transactions and take the order's lock first."""
