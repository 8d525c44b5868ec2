"""What the processes show of themselves while they run: figures, pages in memory, words for people."""
