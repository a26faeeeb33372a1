"""Level 3: two nodes that live, over real sockets, in both roles."""
