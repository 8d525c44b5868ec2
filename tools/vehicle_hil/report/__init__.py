"""`report.html`: one self-contained page with the answer, the figures and the plots of a drive."""
