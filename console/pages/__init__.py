"""The pages: one module each, with its template in `console/templates/`. `console/route_table.py` lists them."""
