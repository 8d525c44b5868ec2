"""Each way in which a process of the vehicle computer can die or hang, really done; what the bus showed."""
