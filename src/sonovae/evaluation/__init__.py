"""Numbers about a model: errors, scores of generated sounds among controls, the judge, figures and the page."""
