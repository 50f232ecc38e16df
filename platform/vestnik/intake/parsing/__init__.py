"""What came in, read: letters, forms and JSON become the fields of a lead. No database, no exception."""
