"""All processes for a long time under load: no overrun of their own making, no growth, no lost frame."""
