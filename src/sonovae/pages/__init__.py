"""What people look at: figures, HTML pages, their templates and one style sheet."""
