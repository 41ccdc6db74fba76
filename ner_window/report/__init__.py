"""Results to what a person looks at: tables of text, drawings, pages, plots."""
