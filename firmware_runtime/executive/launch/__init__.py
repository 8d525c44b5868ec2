"""`run`: the three processes of a vehicle under one command; starts, watches and ends them."""
