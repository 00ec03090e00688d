"""What is believed of addresses, and what sticky groups hold on to: the only state that moves. Pure."""
