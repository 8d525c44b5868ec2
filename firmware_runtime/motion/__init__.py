"""Motion: routes before the start; localisation, route, pure pursuit and speed in the tick."""
