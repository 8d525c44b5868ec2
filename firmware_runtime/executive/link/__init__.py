"""What passes between the processes of one vehicle computer, without a lock that a dead one could hold."""
