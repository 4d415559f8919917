"""The overview of the whole service, for the first page of the admin: verdict, figures, charts, tables."""
