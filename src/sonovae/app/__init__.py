"""The web app: hear what a model has learned, in a browser."""
