"""The listening study: people rate real, reconstructed and generated sounds, and do not know which is which.

A pool of equally loud sounds, the page on which they are rated, the answers, and what these come to.
"""
