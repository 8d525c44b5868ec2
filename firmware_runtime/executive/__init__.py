"""Everything with a clock, a process or a terminal: the commands and the shells around the components."""
