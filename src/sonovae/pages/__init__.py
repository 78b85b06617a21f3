"""Pages and figures: HTML templates, one style sheet, plots."""
