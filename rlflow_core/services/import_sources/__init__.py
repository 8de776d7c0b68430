"""What files to import look like inside: each kind is read entry by entry in bounded memory."""
