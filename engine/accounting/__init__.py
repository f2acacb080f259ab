"""What happened to the money: lots, profit and loss, performance."""
