"""What an owner types: one module for each part of the help, one function for each command."""
