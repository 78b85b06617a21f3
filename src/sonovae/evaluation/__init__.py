"""Numbers about a model: errors, scores among controls, the judge, figures, the page."""
