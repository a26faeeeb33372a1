"""Side by side with others that send sealed messages: `make rivals`."""
